/**
 * `npm run fuzz -- [--requests 20000] [--seed N]` starts a local stack, sends it hostile and broken requests,
 * and judges every answer and every log line. Exits with 1 on a violation.
 *
 * `--seed N --only I` sends only request I of that seed. `--url URL [--log FILE]` uses a stack that already
 * runs on this machine, and the file with its output if it was started with `--log json`.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { PROJECT } from '../../../tools/kit/project.ts';
import { parseWholeNumber } from '../../../tools/kit/option-values.ts';
import { HIGH_LIMIT_OPTIONS } from '../../../tools/local/high-limits.ts';
import { type StackInfo, startStack } from '../../support/start-stack.ts';
import { fuzz } from './fuzz-run.ts';

/** A run of at least this many requests must have seen every expected answer. */
const ENOUGH = 5_000;

/** How many findings the console shows, and how many characters of each; the file has all of them. */
const SHOWN = 20;
const LONGEST = 3_000;
const FINDINGS = '.local/fuzz-findings.txt';

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '20000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
    only: { type: 'string' },
    url: { type: 'string' },
    log: { type: 'string' },
  },
});
const seed = parseWholeNumber('--seed', values.seed);
const count = parseWholeNumber('--requests', values.requests);
const only = values.only === undefined ? undefined : parseWholeNumber('--only', values.only);

console.log(`seed ${seed}`);
const { stack, logFile, stop } =
  values.url === undefined ? await startOwnStack() : await readGivenStack(values.url);
const start = performance.now();
const report = await fuzz({ stack, logFile, seed, requests: count, only, progress: printProgress });
const seconds = (performance.now() - start) / 1000;
await stop();

for (const line of report.coverage.formatLines()) console.log(line);
const missing = only === undefined && count >= ENOUGH ? report.coverage.listMissing() : [];
console.log(
  `${report.sent} requests in ${seconds.toFixed(0)} s, ${report.jobs} jobs, ${
    logFile === undefined ? 'the log was not checked' : `${report.logLines} log lines`
  }`,
);
for (const each of missing) console.log(`never seen: ${each}`);
console.log(`violations ${report.violations.length}`);
for (const violation of report.violations.slice(0, SHOWN)) console.log(violation.slice(0, LONGEST));
if (report.violations.length > 0) {
  writeFileSync(FINDINGS, `${report.violations.join('\n\n')}\n`);
  console.log(`all in full: ${FINDINGS}; to repeat request I: npm run fuzz -- --seed ${seed} --only I`);
}
process.exit(report.violations.length + missing.length > 0 ? 1 : 0);

interface FuzzedStack {
  readonly stack: StackInfo;
  readonly logFile: string | undefined;
  readonly stop: () => Promise<unknown>;
}

async function startOwnStack(): Promise<FuzzedStack> {
  const folder = join(PROJECT, '.local');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'fuzz.jsonl');
  const running = await startStack(['-c', `stackName=Fuzz${process.pid}`, ...HIGH_LIMIT_OPTIONS], file);
  return { stack: running.info, logFile: file, stop: () => running.stop() };
}

async function readGivenStack(url: string): Promise<FuzzedStack> {
  if (values.log !== undefined && !existsSync(values.log)) {
    console.error(`--log ${values.log}: there is no such file`);
    process.exit(2);
  }
  const info = (await (await fetch(`${url}/_local/info`)).json()) as StackInfo;
  if (info.apiUrl !== info.url) {
    console.error(`--url ${url}: its API is at ${info.apiUrl}; expected a stack without a base path`);
    process.exit(2);
  }
  return { stack: { ...info, url }, logFile: values.log, stop: () => Promise.resolve() };
}

function printProgress(sent: number, violations: number): void {
  console.log(`${sent} of ${count} requests, ${violations} violations`);
}
