/** Runs the fuzzer on a stack: sends the requests, judges answers and log lines, and waits for all jobs. */
import { setTimeout as pause } from 'node:timers/promises';
import fc from 'fast-check';
import { makeFieldingRunsPath, makeJobPath } from '../../../api/paths.ts';
import { findComplaints } from '../conformance/check-exchange.ts';

import type { StackInfo } from '../../support/start-stack.ts';
import { Coverage } from './coverage.ts';
import { makeExchange } from './fuzz-exchange.ts';
import { Leaks } from './leaks.ts';
import { checkLog, readFileSize } from './log-rules.ts';
import { formatCommand } from './format-command.ts';
import { type FuzzRequest, deriveSeed, drawForbiddenRequests, requests } from './fuzz-requests.ts';
import { CREATED, judgeAnswer, REPLAYED, type Verdict } from './rules.ts';
import { send } from './wire.ts';
import { makeFuzzTargets, type FuzzTargets } from './fuzz-targets.ts';

export interface FuzzOptions {
  readonly stack: StackInfo;
  /** The file with the stack's log, as JSON lines; without it only answers are judged. */
  readonly logFile?: string | undefined;
  /** Whether other suites use the stack too: errors that they provoke, with stacks, are in the same log. */
  readonly shared?: boolean;
  readonly seed: number;
  readonly requests: number;
  /** The index of the one request to send, instead of all. */
  readonly only?: number | undefined;
  readonly progress?: (sent: number, violations: number) => void;
}

export interface FuzzReport {
  readonly sent: number;
  readonly coverage: Coverage;
  /** Each with the command that repeats it. */
  readonly violations: readonly string[];
  readonly jobs: number;
  readonly logLines: number;
}

/** Number of concurrent requests. The local stack runs at most two instances of a function per core. */
const AT_ONCE = 8;
const AT_ONCE_BESIDE_OTHERS = 2;

/** Number of findings for which the run searches the smallest failing request. */
const SHRUNK = 3;

const PROGRESS_EVERY = 1_000;

export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const { stack, seed, logFile } = options;
  const targets = await makeFuzzTargets(stack, seed);
  const from = logFile === undefined ? 0 : await readFileSize(logFile);
  const run = new FuzzRun(options, targets);
  await run.warmUp();
  if (options.only === undefined) await run.sendForbidden();
  await run.sendAll();
  await run.shrinkFirst();
  await run.checkJobsEnd();
  const logLines = logFile === undefined ? 0 : await run.judgeLog(logFile, from);
  const { coverage, violations, locations } = run;
  return { sent: run.sent, coverage, violations, jobs: locations.size, logLines };
}

class FuzzRun {
  readonly coverage = new Coverage();
  readonly violations: string[] = [];
  /** Addresses of the created jobs. */
  readonly locations = new Set<string>();
  sent = 0;
  readonly #errorIds: string[] = [];
  readonly #failed: number[] = [];
  readonly #arbitrary: fc.Arbitrary<FuzzRequest>;
  readonly #leaks: Leaks;
  readonly #options: FuzzOptions;
  readonly #targets: FuzzTargets;
  readonly #port: number;

  constructor(options: FuzzOptions, targets: FuzzTargets) {
    this.#options = options;
    this.#targets = targets;
    this.#arbitrary = requests(targets);
    this.#leaks = new Leaks(options.stack, targets);
    this.#port = Number(new URL(options.stack.url).port);
  }

  /** Starts the instances of the functions step by step: all at once they could exceed their time to load. */
  async warmUp(): Promise<void> {
    const { client, tenant, jobs, groups } = this.#targets;
    const calls = [
      () => client.create(tenant, []),
      () => client.get(makeJobPath(tenant, 'resume', String(jobs[0]))),
      () => client.get(makeFieldingRunsPath(tenant, String(groups[0]))),
      () => client.get('/'),
    ];
    for (const call of calls) {
      for (let atOnce = 1; atOnce <= 4; atOnce += 1) await Promise.all(Array.from({ length: atOnce }, call));
    }
  }

  /** Sends all requests, a few at a time: each sender takes the next index. */
  async sendAll(): Promise<void> {
    const { requests: count, only, progress, shared } = this.#options;
    const atOnce = shared === true ? AT_ONCE_BESIDE_OTHERS : AT_ONCE;
    let next = only ?? 0;
    const end = only === undefined ? count : only + 1;
    const sender = async () => {
      while (next < end) {
        await this.#sendOne(next++);
        if (this.sent % PROGRESS_EVERY === 0) progress?.(this.sent, this.violations.length);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, sender));
  }

  /** Sends each route a token of another account: chance draws that too seldom to come to every route. */
  async sendForbidden(): Promise<void> {
    for (const request of drawForbiddenRequests(this.#targets, this.#options.seed)) {
      const verdict = await this.#sendAndJudge(request);
      this.coverage.add(verdict.by, verdict.kind);
      if (verdict.violations.length > 0) this.#addViolation('request of another account', request, verdict);
    }
  }

  async #sendOne(index: number): Promise<void> {
    const seed = deriveSeed(this.#options.seed, index);
    const [request] = fc.sample(this.#arbitrary, { seed, numRuns: 1 });
    if (request === undefined) throw new Error('there is no request');
    const verdict = await this.#sendAndJudge(request);
    this.sent += 1;
    this.coverage.add(verdict.by, verdict.kind);
    if (verdict.violations.length > 0) {
      this.#failed.push(index);
      this.#addViolation(`request ${index}`, request, verdict);
    } else if (verdict.kind === CREATED && !request.broken) {
      await this.#sendAgain(index, request, verdict);
    }
  }

  /** Sends an accepted create once more: the answer must be a replay that names the same job. */
  async #sendAgain(index: number, request: FuzzRequest, { location }: Verdict): Promise<void> {
    const verdict = await this.#sendAndJudge(request);
    this.coverage.add(verdict.by, verdict.kind);
    if (verdict.kind !== REPLAYED || verdict.location !== location) {
      verdict.violations.push(
        `${String(location)}, sent again, was answered ${verdict.kind} ${String(verdict.location)}`,
      );
    }
    if (verdict.violations.length > 0) this.#addViolation(`request ${index}, sent again`, request, verdict);
  }

  async #sendAndJudge(request: FuzzRequest): Promise<Verdict> {
    const answer = await send(this.#port, request, request.broken);
    const verdict = judgeAnswer(request, answer, this.#targets, this.#leaks);
    if (typeof answer !== 'string') {
      const complaints = findComplaints(this.#options.stack.url, makeExchange(request, answer));
      if (complaints.length > 0) {
        verdict.violations.push(`contradicts docs/openapi.yaml: ${complaints.join('; ')}`);
      }
    }
    if (verdict.errorId !== undefined) this.#errorIds.push(verdict.errorId);
    if (verdict.location !== undefined) this.locations.add(verdict.location);
    return verdict;
  }

  /** Searches a smaller failing request for each of the first findings. */
  async shrinkFirst(): Promise<void> {
    for (const index of this.#failed.slice(0, SHRUNK)) {
      const property = fc.asyncProperty(
        this.#arbitrary,
        async (request) => (await this.#sendAndJudge(request)).violations.length === 0,
      );
      const seed = deriveSeed(this.#options.seed, index);
      const details = await fc.check(property, { seed, numRuns: 1, interruptAfterTimeLimit: 20_000 });
      const [smallest] = details.counterexample ?? [];
      if (smallest !== undefined)
        this.#addViolation(`request ${index}, shrunk`, smallest, await this.#sendAndJudge(smallest));
    }
  }

  #addViolation(name: string, request: FuzzRequest, { violations }: Verdict): void {
    const { seed, stack } = this.#options;
    this.violations.push(
      [
        `${name} of seed ${seed}: ${violations.join('; ')}`,
        `  ${request.route}: ${request.done.join(', ') || 'unchanged'}`,
        `  ${formatCommand(stack.url, request)}`,
      ].join('\n'),
    );
  }

  /** Checks that every accepted job ends as Completed, and that a valid request is still answered. */
  async checkJobsEnd(): Promise<void> {
    const { client } = this.#targets;
    const left = [...this.locations];
    const reader = async () => {
      for (let location = left.pop(); location !== undefined; location = left.pop()) {
        const job = await client.waitUntilEnded(location);
        if (job.status !== 'Completed') this.violations.push(`${location} ended as ${job.status}`);
      }
    };
    await Promise.all(Array.from({ length: 8 }, reader));
    const { tenant, groups } = this.#targets;
    const run = makeFieldingRunsPath(tenant, String(groups[0]));
    const { status } = await client.get(run);
    if (status !== 200) this.violations.push(`afterwards a valid request is answered ${status}`);
  }

  /** Judges the log lines of the run. @returns their number */
  async judgeLog(file: string, from: number): Promise<number> {
    const read = () => checkLog({ file, from, shared: this.#options.shared === true }, this.#leaks);
    let findings = await read();
    // The last lines may not have reached the file yet.
    for (let tries = 0; tries < 50 && this.#errorIds.some((id) => !findings.errors.has(id)); tries += 1) {
      await pause(200);
      findings = await read();
    }
    this.violations.push(...findings.violations);
    for (const id of this.#errorIds) {
      const count = findings.errors.get(id) ?? 0;
      if (count !== 1) this.violations.push(`the error ${id} has ${count} lines in the log`);
    }
    return findings.lines;
  }
}
