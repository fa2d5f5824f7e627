/** Keeps how much open work each account and the whole stack had at any time, to check the limits on it. */
import type { OpenJob } from '../../../src/ports/open-jobs.ts';

/** The limits of open work, and how exact they are (docs/performance.md). Times in ms. */
export interface ObservedLimits {
  readonly maxOpenJobsPerAccount: number;
  readonly maxOpenTargetGroupsPerAccount: number;
  /** Of the whole stack. */
  readonly maxOpenTargetGroups: number;
  /** A job of fewer target groups may be counted as so many. */
  readonly countedFrom: number;
  /**
   * By this age every open job is known to all functions. Undefined where calls fail on which that depends.
   */
  readonly knownAfterMs: { readonly account: number | undefined; readonly stack: number | undefined };
  /** For so long after its reason has ended a refusal may still occur. */
  readonly refusedForMs: { readonly account: number; readonly stack: number };
  /** By then an ended job has left the index, where it counts. Undefined where functions or calls fail. */
  readonly leftAfterMs: number | undefined;
  /** How often a job may be counted at most, before the next pass of reconcile. */
  readonly countedTimes: number;
  /** Open target groups that the workers carry out in time. */
  readonly workable: number;
}

/** Which limit a client was told about: 429 is that of its account, 503 that of the stack. */
export type LimitKind = 'account' | 'stack';

interface Sum {
  readonly at: number;
  readonly jobs: number;
  readonly targetGroups: number;
}

interface Opened {
  readonly jobId: string;
  readonly accountId: number;
  readonly targetGroups: number;
  readonly since: number;
}

/** What was accepted so long before a pass may count twice, ms: a margin, a slot and the errors of clocks. */
const COUNTED_TWICE_MS = 30_000;

const NONE: Sum = { at: -Infinity, jobs: 0, targetGroups: 0 };

export class OpenWork {
  /** The most target groups that were open at a time. */
  most = 0;
  readonly #limits: ObservedLimits;
  readonly #open = new Map<string, Opened>();
  readonly #accepted: Opened[] = [];
  /** Every change, by account. */
  readonly #accounts = new Map<number, Sum[]>();
  readonly #stack: Sum[] = [NONE];

  constructor(limits: ObservedLimits) {
    this.#limits = limits;
  }

  /**
   * Records which jobs are open now. To be called after every effect on them.
   *
   * @returns what is wrong with the new ones: each must fit into the limits beside all that was known
   */
  update(openJobs: readonly OpenJob[], now: number): string[] {
    const left = new Map(this.#open);
    const wrong: string[] = [];
    for (const { jobId, accountId, total = 0 } of openJobs) {
      if (left.delete(jobId)) continue;
      const opened = { jobId, accountId, targetGroups: total, since: now };
      wrong.push(...this.#findExceeded(opened));
      this.#open.set(jobId, opened);
      this.#accepted.push(opened);
      this.#add(opened, 1, now);
    }
    for (const closed of left.values()) {
      this.#open.delete(closed.jobId);
      this.#add(closed, -1, now);
    }
    return wrong;
  }

  /** Whether a refusal of so many target groups has a reason, now or within the memory of functions. */
  mayRefuse(kind: LimitKind, accountId: number, targetGroups: number, now: number): boolean {
    const { refusedForMs, maxOpenJobsPerAccount, countedFrom, countedTimes, ...limits } = this.#limits;
    const since = now - refusedForMs[kind];
    if (kind === 'account') {
      return listSince(this.#accounts.get(accountId) ?? [], since).some(
        (sum) =>
          sum.jobs >= maxOpenJobsPerAccount ||
          sum.targetGroups + targetGroups > limits.maxOpenTargetGroupsPerAccount,
      );
    }
    const counted = this.#accepted
      .filter((job) => job.since >= since - COUNTED_TWICE_MS)
      .reduce((sum, job) => sum + countedTimes * Math.max(job.targetGroups, countedFrom), 0);
    const most = Math.max(...listSince(this.#stack, since).map((sum) => sum.targetGroups));
    return most + counted + targetGroups > limits.maxOpenTargetGroups;
  }

  /**
   * Lists the limits that a new job exceeds together with the open jobs that every function knows. Younger
   * ones are the excess: as many target groups as were accepted within the age of what is known.
   */
  #findExceeded({ jobId, accountId, targetGroups, since }: Opened): string[] {
    const { knownAfterMs, ...limits } = this.#limits;
    const wrong: string[] = [];
    const listKnown = (age: number) => [...this.#open.values()].filter((job) => job.since <= since - age);
    if (knownAfterMs.account !== undefined) {
      const known = listKnown(knownAfterMs.account).filter((job) => job.accountId === accountId);
      const sum = addUp(known) + targetGroups;
      if (known.length >= limits.maxOpenJobsPerAccount) {
        wrong.push(`${jobId}: its account had ${known.length} jobs`);
      }
      if (sum > limits.maxOpenTargetGroupsPerAccount) {
        wrong.push(`${jobId}: ${sum} target groups of its account`);
      }
    }
    if (knownAfterMs.stack !== undefined) {
      const sum = addUp(listKnown(knownAfterMs.stack)) + targetGroups;
      if (sum > limits.maxOpenTargetGroups) wrong.push(`${jobId}: ${sum} target groups of the stack`);
    }
    return wrong;
  }

  #add({ accountId, targetGroups }: Opened, times: 1 | -1, at: number): void {
    const account = this.#accounts.get(accountId) ?? [NONE];
    this.#accounts.set(accountId, account);
    for (const sums of [account, this.#stack]) {
      const last = sums.at(-1) ?? NONE;
      sums.push({ at, jobs: last.jobs + times, targetGroups: last.targetGroups + times * targetGroups });
    }
    this.most = Math.max(this.most, this.#stack.at(-1)?.targetGroups ?? 0);
  }
}

function addUp(jobs: readonly Opened[]): number {
  return jobs.reduce((sum, { targetGroups }) => sum + targetGroups, 0);
}

/** Lists the sums that held at some time from `since` on. */
function listSince(sums: readonly Sum[], since: number): Sum[] {
  const last = sums.findLastIndex(({ at }) => at <= since);
  return sums.slice(Math.max(0, last));
}
