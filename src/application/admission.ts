/**
 * Decides whether a job may be created: within the limits of its account, and of the whole stack (ADR 39).
 *
 * What is known is some seconds old, so the limits are not exact: docs/performance.md says by how much.
 */
import { type RetryAfter, ServiceUnavailableError, TooManyRequestsError } from '../domain/errors.ts';
import type { Backlog } from '../ports/backlog.ts';
import type { Clock } from '../ports/clock.ts';
import type { Journal, Limit } from '../ports/journal.ts';
import type { OpenJobs } from '../ports/open-jobs.ts';
import { ShortMemory } from './short-memory.ts';

export interface AdmissionDeps {
  readonly openJobs: Pick<OpenJobs, 'readAccount'>;
  readonly backlog: Pick<Backlog, 'estimate' | 'addAccepted'>;
  readonly clock: Clock;
  readonly journal: Journal;
  /** Returns a random number, at least 0 and less than 1. */
  readonly random: () => number;
  readonly settings: {
    readonly maxOpenJobsPerAccount: number;
    readonly maxOpenTargetGroupsPerAccount: number;
    /** Of the whole stack. */
    readonly maxOpenTargetGroups: number;
    /** Target groups a second that all workers together are counted on to move. */
    readonly workRate: number;
  };
}

/** What the open jobs of an account amount to. */
interface AccountUse {
  readonly jobs: number;
  readonly targetGroups: number;
}

/** How long an account that was refused is remembered, ms. */
const REMEMBERED_MS = 5_000;

/** How long the estimate of the backlog is used, ms. */
const ESTIMATE_MS = 2_000;

/** A job of fewer target groups is counted with a probability, and then for so many. */
const COUNTED_FROM = 1_000;

/**
 * The shortest wait of a refused client, seconds; the longest is three times as long. Not above a minute,
 * because the next pass of reconcile then knows better.
 */
const SHORTEST_WAIT = { least: 10, most: 20 };

const NONE: AccountUse = { jobs: 0, targetGroups: 0 };

/** A limit that a job would exceed, and by how many target groups, as far as the limit counts them. */
interface Exceeded {
  readonly limit: Limit;
  readonly by: number;
}

/** Why a job must not be created now. */
export interface Refusal {
  readonly limit: Limit;
  readonly error: TooManyRequestsError | ServiceUnavailableError;
}

/** Lives as long as its function's instance, because it remembers what it has read. */
export class Admission {
  readonly #deps: AdmissionDeps;
  /** The accounts that were refused, with what they had. */
  readonly #refused = new ShortMemory<number, AccountUse>(REMEMBERED_MS);
  /** The answer of the backlog, which is used again until `until`, epoch ms. */
  #estimate = { value: 0, until: 0 };

  constructor(deps: AdmissionDeps) {
    this.#deps = deps;
  }

  /**
   * Decides whether the account may create a job of so many target groups. Never throws: what cannot be read
   * refuses nobody.
   */
  async decide(accountId: number, targetGroups: number): Promise<Refusal | undefined> {
    const { maxOpenTargetGroups } = this.#deps.settings;
    const [exceeded, estimate] = await Promise.all([
      this.#findExceeded(accountId, targetGroups),
      this.#readEstimate(),
    ]);
    if (exceeded !== undefined) {
      const evidence = { limit: exceeded.limit, accountId };
      const error = new TooManyRequestsError(this.#computeWait(exceeded), evidence);
      return { limit: exceeded.limit, error };
    }
    const stack: Exceeded = { limit: 'stack', by: estimate + targetGroups - maxOpenTargetGroups };
    if (stack.by <= 0) return undefined;
    const error = new ServiceUnavailableError('open-work', this.#computeWait(stack), { limit: stack.limit });
    return { limit: stack.limit, error };
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

  /** Finds the limit that a job would exceed. An account that was just refused is not read again. */
  async #findExceeded(accountId: number, targetGroups: number): Promise<Exceeded | undefined> {
    const { clock } = this.#deps;
    const remembered = this.#refused.find(accountId, clock.now());
    if (remembered !== undefined) {
      const exceeded = this.#compareUse(remembered, targetGroups);
      // A smaller job may fit into what is left, but what is remembered is too old to say so.
      if (exceeded !== undefined) return exceeded;
    }
    const value = await this.#readUse(accountId);
    const exceeded = this.#compareUse(value, targetGroups);
    if (exceeded === undefined) this.#refused.forget(accountId);
    else this.#refused.remember(accountId, value, clock.now());
    return exceeded;
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
    if (this.#estimate.until > now) return this.#estimate.value;
    try {
      this.#estimate = { value: await backlog.estimate(now), until: now + ESTIMATE_MS };
      return this.#estimate.value;
    } catch (cause) {
      journal.note({ event: 'admission.unknown', cause });
      return 0;
    }
  }

  #compareUse(use: AccountUse, targetGroups: number): Exceeded | undefined {
    const { maxOpenJobsPerAccount, maxOpenTargetGroupsPerAccount } = this.#deps.settings;
    if (use.jobs >= maxOpenJobsPerAccount) return { limit: 'account-jobs', by: 0 };
    const by = use.targetGroups + targetGroups - maxOpenTargetGroupsPerAccount;
    return by > 0 ? { limit: 'account-target-groups', by } : undefined;
  }

  /** Computes how long a refused client waits: at least until the workers have moved what is too much. */
  #computeWait({ by }: Exceeded): RetryAfter {
    const { least, most } = SHORTEST_WAIT;
    const shortest = Math.min(Math.max(least, Math.ceil(by / this.#deps.settings.workRate)), most);
    return { shortest, longest: 3 * shortest };
  }
}
