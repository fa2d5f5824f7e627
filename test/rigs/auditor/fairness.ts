/** Compares what the jobs of quiet accounts take beside those of others with what they take alone. */

/** The rule: a job of a quiet account takes at most so many times what it takes alone. */
export interface ObservedFairness {
  /** Their jobs, of the same number of chunks, take the same time alone. */
  readonly quietAccounts: ReadonlySet<number>;
  readonly mostTimes: number;
}

/** A job, from its first create request to its end. Times in epoch ms. */
interface Life {
  readonly accountId: number;
  readonly since: number;
  until: number;
}

export class Fairness {
  /** Number of jobs that were compared. */
  compared = 0;
  readonly #rule: ObservedFairness;
  readonly #lives = new Map<string, Life>();
  /** What jobs have taken alone, by their number of chunks, ms. */
  readonly #alone = new Map<number, number[]>();

  constructor(rule: ObservedFairness) {
    this.#rule = rule;
  }

  /** Records the first create request of a job. */
  begin(createdBy: string, accountId: number, now: number): void {
    this.#lives.set(createdBy, { accountId, since: now, until: Infinity });
  }

  /** Records the end of a job. @returns what is wrong with the time that it took */
  end(createdBy: string, chunks: number, now: number): string | undefined {
    const life = this.#lives.get(createdBy);
    if (life === undefined) return undefined;
    life.until = now;
    const { quietAccounts, mostTimes } = this.#rule;
    if (!quietAccounts.has(life.accountId)) return undefined;
    const took = now - life.since;
    const others = [...this.#lives.values()].filter((other) => other !== life && other.until > life.since);
    const alone = this.#alone.get(chunks) ?? [];
    if (others.length === 0) this.#alone.set(chunks, [...alone, took]);
    // Quiet accounts that meet share the workers: their jobs are held up by no flood.
    if (others.every(({ accountId }) => quietAccounts.has(accountId)) || alone.length === 0) return undefined;
    this.compared += 1;
    const times = took / (alone.reduce((sum, ms) => sum + ms, 0) / alone.length);
    if (times <= mostTimes) return undefined;
    return `${took} ms for ${chunks} chunks of ${life.accountId}, ${times.toFixed(1)} times what they take alone`;
  }
}
