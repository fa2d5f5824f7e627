/** Runs the suites of a file on each fault in it, and finds the faults that none of them sees. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../kit/errors.ts';
import { PROJECT } from '../kit/project.ts';
import type { Mutant } from './mutants.ts';
import type { ProjectCopy } from './project-copy.ts';
import { type SuitesOfFile, SuiteFinder } from './suites.ts';

/** The first run of a suite may take so long; a later one twice that and 10 seconds. */
const LONGEST_MS = 600_000;
const limitFrom = (usualMs: number) => usualMs * 2 + 10_000;

export class MutationRun {
  readonly #suites: ReadonlyMap<string, SuitesOfFile>;
  /** How long each took without a fault. End-to-end suites run together, on one stack. */
  readonly #durations = new Map<string, number>();
  /** By file, which suite saw the last fault in it: it often sees the next. */
  readonly #lastKiller = new Map<string, string>();

  constructor(files: readonly string[]) {
    const finder = new SuiteFinder(PROJECT);
    this.#suites = new Map(files.map((file) => [file, finder.suitesOf(file)]));
  }

  /** @throws UsageError if a suite fails without a fault */
  async measureSuites(pool: readonly ProjectCopy[]): Promise<void> {
    const runs = [...this.#suites.values()].flatMap(({ importing, endToEnd }) => [
      ...importing,
      endToEnd.join(' '),
    ]);
    await inPool(
      pool,
      [...new Set(runs)].filter((run) => run !== ''),
      async (copy, suites) => {
        const start = performance.now();
        if (!(await copy.pass(suites.split(' '), LONGEST_MS)))
          throw new UsageError(`${suites} fails as it is`);
        this.#durations.set(suites, performance.now() - start);
      },
    );
    console.log(`${this.#durations.size} suites belong to the files, and pass`);
  }

  async findSurvivors(
    pool: readonly ProjectCopy[],
    mutants: readonly Mutant[],
    found: (survivor: Mutant) => void,
  ): Promise<Mutant[]> {
    const survivors: Mutant[] = [];
    await inPool(pool, mutants, async (copy, mutant) => {
      if (await this.#isKilled(copy, mutant)) return;
      survivors.push(mutant);
      found(mutant);
    });
    return survivors;
  }

  async #isKilled(copy: ProjectCopy, { file, source }: Mutant): Promise<boolean> {
    copy.write(file, source);
    try {
      for (const suites of this.#inOrder(file)) {
        if (await copy.pass(suites.split(' '), limitFrom(this.#duration(suites)))) continue;
        this.#lastKiller.set(file, suites);
        return true;
      }
      return false;
    } finally {
      copy.write(file, readFileSync(join(PROJECT, file), 'utf8'));
    }
  }

  /** The suite that saw the last fault, then the others, the fastest first. */
  #inOrder(file: string): string[] {
    const { importing = [], endToEnd = [] } = this.#suites.get(file) ?? {};
    const weight = (suites: string) => (suites === this.#lastKiller.get(file) ? -1 : this.#duration(suites));
    const suites = [...importing].sort((a, b) => weight(a) - weight(b));
    return endToEnd.length === 0 ? suites : [...suites, endToEnd.join(' ')];
  }

  #duration(suites: string): number {
    return this.#durations.get(suites) ?? 0;
  }
}

/** Works through the items in order, each in a copy that is free. */
async function inPool<T>(
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
