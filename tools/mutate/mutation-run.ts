/** Runs the suites of a file on each fault in it, and finds the faults that none of them sees. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../kit/tool-errors.ts';
import { PROJECT } from '../kit/project.ts';
import type { Mutant } from './mutants.ts';
import type { ProjectCopy } from './project-copy.ts';
import { SuiteFinder } from './suites.ts';

/** The first run of a suite may take so long; a later one twice that and 10 seconds. */
const LONGEST_MS = 600_000;
const computeLimitMs = (usualMs: number) => usualMs * 2 + 10_000;

export class MutationRun {
  readonly #suites: ReadonlyMap<string, readonly string[]>;
  /** How long each took without a fault. */
  readonly #durations = new Map<string, number>();
  /** By file, which suite saw the last fault in it: it often sees the next. */
  readonly #lastKiller = new Map<string, string>();
  #timedOut = 0;

  constructor(files: readonly string[]) {
    const finder = new SuiteFinder(PROJECT);
    this.#suites = new Map(files.map((file) => [file, finder.findSuites(file)]));
  }

  /** @throws UsageError if a suite fails without a fault */
  async measureSuites(pool: readonly ProjectCopy[]): Promise<void> {
    const suites = new Set([...this.#suites.values()].flat());
    await runInPool(pool, [...suites], async (copy, suite) => {
      const start = performance.now();
      const fails = async () => (await copy.runSuite(suite, LONGEST_MS)) !== 'passed';
      // A second time, as a busy machine is no fault of the code.
      if ((await fails()) && (await fails())) throw new UsageError(`${suite} fails as it is`);
      this.#durations.set(suite, performance.now() - start);
    });
    for (const [file, own] of this.#suites) if (own.length === 0) console.log(`no suite belongs to ${file}`);
    console.log(`${this.#durations.size} suites belong to the files, and pass`);
  }

  async findSurvivors(
    pool: readonly ProjectCopy[],
    mutants: readonly Mutant[],
    found: (survivor: Mutant) => void,
  ): Promise<Mutant[]> {
    const survivors: Mutant[] = [];
    await runInPool(pool, mutants, async (copy, mutant) => {
      if (await this.#isKilled(copy, mutant)) return;
      survivors.push(mutant);
      found(mutant);
    });
    return survivors;
  }

  /** How many faults were seen because a suite took too long, twice. */
  get timedOut(): number {
    return this.#timedOut;
  }

  async #isKilled(copy: ProjectCopy, { file, source }: Mutant): Promise<boolean> {
    copy.write(file, source);
    try {
      for (const suite of this.#sortSuites(file)) {
        const limitMs = computeLimitMs(this.#getDuration(suite));
        const first = await copy.runSuite(suite, limitMs);
        // An endless loop is as long the second time, a busy machine may be no longer busy.
        const last = first === 'timed out' ? await copy.runSuite(suite, limitMs) : first;
        if (last === 'passed') continue;
        if (last === 'timed out') this.#timedOut += 1;
        this.#lastKiller.set(file, suite);
        return true;
      }
      return false;
    } finally {
      copy.write(file, readFileSync(join(PROJECT, file), 'utf8'));
    }
  }

  /** The suite that saw the last fault, then the others, the fastest first. */
  #sortSuites(file: string): string[] {
    const weight = (suite: string) => (suite === this.#lastKiller.get(file) ? -1 : this.#getDuration(suite));
    return [...(this.#suites.get(file) ?? [])].sort((a, b) => weight(a) - weight(b));
  }

  #getDuration(suite: string): number {
    return this.#durations.get(suite) ?? 0;
  }
}

/** Works through the items in order, each in a copy that is free. */
async function runInPool<T>(
  pool: readonly ProjectCopy[],
  items: readonly T[],
  work: (copy: ProjectCopy, item: T) => Promise<void>,
): Promise<void> {
  const rest = items.values();
  await Promise.all(
    pool.map(async (copy) => {
      for (const item of rest) await work(copy, item);
    }),
  );
}
