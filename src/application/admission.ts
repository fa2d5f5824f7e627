/**
 * Decides whether a job may be created: within the limits of its account, and of the whole stack (ADR 39).
 *
 * What is known is some seconds old, so the limits are not exact: docs/deploying.md says by how much.
 */
import { ServiceUnavailableError, TooManyRequestsError } from '../domain/errors.ts';
import type { Backlog } from '../ports/backlog.ts';
import type { Clock } from '../ports/clock.ts';
import type { Journal, Limit } from '../ports/journal.ts';
import type { OpenJobs } from '../ports/open-jobs.ts';

export interface AdmissionDeps {
  readonly openJobs: OpenJobs;
  readonly backlog: Backlog;
  readonly clock: Clock;
  readonly journal: Journal;
  /** Returns a random number, at least 0 and less than 1. */
  readonly random: () => number;
  readonly settings: {
    readonly maxOpenJobsPerAccount: number;
    readonly maxOpenTargetGroupsPerAccount: number;
    /** Of the whole stack. */
    readonly maxOpenTargetGroups: number;
  };
}

/** What the open jobs of an account amount to. */
interface AccountUse {
  readonly jobs: number;
  readonly targetGroups: number;
}

/** An answer of a store that is used again for a while. */
interface Known<T> {
  readonly value: T;
  /** Epoch ms. */
  readonly until: number;
}

/** How long an account that was refused is remembered, ms. */
const REMEMBERED_MS = 5_000;

/** How long the estimate of the backlog is used, ms. */
const ESTIMATE_MS = 2_000;

/** A job of fewer target groups is counted with a probability, and then for so many. */
const COUNTED_FROM = 1_000;

/** When a refused client may try again, seconds. */
const RETRY_AFTER = { shortest: 10, longest: 30 };

const NONE: AccountUse = { jobs: 0, targetGroups: 0 };

export interface Refusal {
  readonly limit: Limit;
  readonly error: TooManyRequestsError | ServiceUnavailableError;
}

/**
 * Decides about one job of so many target groups.
 *
 * @returns why it is refused, or undefined when it may be created
 */
export type Admit = (targetGroups: number) => Promise<Refusal | undefined>;

/** Lives as long as its function's instance, because it remembers what it has read. */
export class Admission {
  readonly #deps: AdmissionDeps;
  readonly #refused = new Map<number, Known<AccountUse>>();
  #estimate: Known<number> = { value: 0, until: 0 };

  constructor(deps: AdmissionDeps) {
    this.#deps = deps;
  }

  /** Reads what is needed for a decision. Never throws: what cannot be read refuses nobody. */
  async begin(accountId: number): Promise<Admit> {
    const remembered = this.#recall(accountId);
    const [use, estimate] = await Promise.all([remembered ?? this.#readUse(accountId), this.#readEstimate()]);
    return async (targetGroups) => {
      let exceeded = this.#compareUse(use, targetGroups);
      // A smaller job may fit into what is left, but what was remembered is too old to say so.
      if (exceeded === undefined && remembered !== undefined)
        exceeded = this.#compareUse(await this.#readUse(accountId), targetGroups);
      if (exceeded !== undefined) {
        this.#refused.set(accountId, { value: use, until: this.#deps.clock.now() + REMEMBERED_MS });
        return this.#refuse(exceeded, accountId);
      }
      return estimate + targetGroups > this.#deps.settings.maxOpenTargetGroups
        ? this.#refuse('stack', accountId)
        : undefined;
    };
  }

  /**
   * Counts a job that was created. Small jobs are counted by a sample without a bias, so that counting costs
   * at most a thousandth of the writes. Never throws: the next pass of reconcile counts them all.
   */
  async count(targetGroups: number): Promise<void> {
    const { backlog, clock, journal, random } = this.#deps;
    this.#estimate = { ...this.#estimate, value: this.#estimate.value + targetGroups };
    if (random() >= targetGroups / COUNTED_FROM) return;
    try {
      await backlog.addAccepted(Math.max(targetGroups, COUNTED_FROM), clock.now());
    } catch (cause) {
      journal.note({ event: 'admission.not-counted', cause });
    }
  }

  #recall(accountId: number): AccountUse | undefined {
    const refused = this.#refused.get(accountId);
    if (refused !== undefined && refused.until > this.#deps.clock.now()) return refused.value;
    this.#refused.delete(accountId);
    return undefined;
  }

  async #readUse(accountId: number): Promise<AccountUse> {
    const { openJobs, journal, settings } = this.#deps;
    try {
      const jobs = await openJobs.readAccount(accountId, settings.maxOpenJobsPerAccount);
      return { jobs: jobs.length, targetGroups: jobs.reduce((sum, { total = 0 }) => sum + total, 0) };
    } catch (cause) {
      journal.note({ event: 'admission.unknown', cause });
      return NONE;
    }
  }

  async #readEstimate(): Promise<number> {
    const { backlog, clock, journal } = this.#deps;
    const now = clock.now();
    if (this.#estimate.until <= now) {
      try {
        this.#estimate = { value: await backlog.estimate(now), until: now + ESTIMATE_MS };
      } catch (cause) {
        journal.note({ event: 'admission.unknown', cause });
        this.#estimate = { value: 0, until: now + ESTIMATE_MS };
      }
    }
    return this.#estimate.value;
  }

  #compareUse(use: AccountUse, targetGroups: number): Limit | undefined {
    const { maxOpenJobsPerAccount, maxOpenTargetGroupsPerAccount } = this.#deps.settings;
    if (use.jobs >= maxOpenJobsPerAccount) return 'account-jobs';
    if (use.targetGroups + targetGroups > maxOpenTargetGroupsPerAccount) return 'account-target-groups';
    return undefined;
  }

  #refuse(limit: Limit, accountId: number): Refusal {
    const { shortest, longest } = RETRY_AFTER;
    const seconds = shortest + Math.floor(this.#deps.random() * (longest - shortest + 1));
    const error =
      limit === 'stack'
        ? new ServiceUnavailableError(seconds, { limit })
        : new TooManyRequestsError(seconds, { limit, accountId });
    return { limit, error };
  }
}
