/** Mutants that are no faults: the program does the same, or nothing that anybody relies on is different. */

export interface EquivalentMutant {
  readonly file: string;
  /** The lines, as `npm run mutate` prints them. */
  readonly before: string;
  readonly after: string;
  readonly reason: string;
}

export const EQUIVALENT: readonly EquivalentMutant[] = [];
