/** Reads all open jobs once per run of reconcile: counts them, and finds those that are due (ADR 38). */
import { OPEN_JOBS_SHARDS } from '../domain/digest.ts';
import { formatTimestamp } from '../domain/time.ts';
import type { Backlog } from '../ports/backlog.ts';
import type { Clock } from '../ports/clock.ts';
import type { Journal } from '../ports/journal.ts';
import type { OpenJob, OpenJobs, PageStart } from '../ports/open-jobs.ts';

/** Jobs per page: somewhat more than fit into one answer of DynamoDB (1 MB), at some 300 bytes each. */
export const PAGE_SIZE = 5_000;

/**
 * Most jobs of one account that a pass reads, rounded up to whole pages. The younger ones are read once the
 * older ones have ended. So the jobs of one account do not keep a pass from those behind them in the shard.
 */
export const MOST_PER_ACCOUNT = 20_000;

/** A job that is due, and what is open of its account that is older: its messages come before. */
export interface DueOpenJob extends OpenJob {
  readonly ahead: { readonly jobs: number; readonly targetGroups: number };
}

export interface ReadOpenJobsDeps {
  readonly backlog: Backlog;
  readonly openJobs: OpenJobs;
  /**
   * The account behind which the next pass begins, by shard. It is kept as long as the process lives; a new
   * one begins with the first account.
   */
  readonly stoppedAt: Map<number, number>;
  readonly clock: Clock;
  readonly journal: Journal;
}

/**
 * Reads all shards in parallel, and reports the number of open jobs and the age of the oldest one to the
 * journal. A shard that cannot be read now is left out.
 *
 * @param mayGoOn whether there is time for another page
 * @returns the jobs that are due, of each account the oldest first
 * @throws what the store throws, when no shard can be read
 */
export async function readOpenJobs(deps: ReadOpenJobsDeps, mayGoOn: () => boolean): Promise<DueOpenJob[]> {
  const { backlog, clock, journal } = deps;
  const now = clock.now();
  const pass: Pass = {
    now: formatTimestamp(now),
    due: [],
    count: 0,
    targetGroups: 0,
    oldest: undefined,
    complete: true,
  };
  const shards = Array.from({ length: OPEN_JOBS_SHARDS }, (_, shard) =>
    readShard(deps, shard, pass, mayGoOn),
  );
  const results = await Promise.allSettled(shards);
  const causes = results.flatMap((result): unknown[] =>
    result.status === 'rejected' ? [result.reason] : [],
  );
  if (causes.length > 0) {
    const [cause] = causes;
    journal.note({ event: 'open-jobs.not-counted', cause });
    // The run has failed, so that its alarm shows it.
    if (causes.length === shards.length) throw cause;
    return pass.due;
  }
  const oldestMs = pass.oldest === undefined ? now : Date.parse(pass.oldest);
  journal.note({
    event: 'open-jobs.counted',
    count: pass.count,
    // The clock of the creation may be ahead of ours.
    oldestSeconds: Math.max(0, Math.floor((now - oldestMs) / 1000)),
    complete: pass.complete,
  });
  // Part of the jobs would pass for all of them: then the creates go by the pass before, as they do when this
  // one cannot be stored.
  if (!pass.complete) return pass.due;
  await backlog.savePass(pass.targetGroups, now).catch((cause: unknown) => {
    journal.note({ event: 'admission.not-counted', cause });
  });
  return pass.due;
}

interface Pass {
  /** RFC 3339, UTC, milliseconds, `Z`. */
  readonly now: string;
  readonly due: DueOpenJob[];
  count: number;
  targetGroups: number;
  oldest: string | undefined;
  complete: boolean;
}

/**
 * Reads a shard from the account on at which the last pass has stopped, and from its beginning after its end.
 * So a pass that has too little time does not always leave the same accounts out.
 */
async function readShard(
  { openJobs, stoppedAt }: ReadOpenJobsDeps,
  shard: number,
  pass: Pass,
  mayGoOn: () => boolean,
): Promise<void> {
  const behind = stoppedAt.get(shard);
  let start: PageStart | undefined = behind === undefined ? undefined : { accountId: behind };
  let fromBeginning = behind === undefined;
  /** The accounts that were read before the beginning of the shard. */
  const seen = new Set<number>();
  /** The last account of which all was read. */
  let completed: number | undefined;
  /** What was read of the account of the last job. */
  let read = { accountId: 0, jobs: 0, targetGroups: 0 };
  do {
    const { jobs, next } = await openJobs.readShard(shard, PAGE_SIZE, start);
    for (const job of jobs) {
      const { accountId } = job;
      if (accountId !== read.accountId) {
        if (fromBeginning && seen.has(accountId)) {
          // The pass has come round.
          stoppedAt.delete(shard);
          return;
        }
        if (!fromBeginning) seen.add(accountId);
        if (read.jobs > 0) completed = read.accountId;
        read = { accountId, jobs: 0, targetGroups: 0 };
      }
      const { jobs: older, targetGroups } = read;
      read = { accountId, jobs: older + 1, targetGroups: targetGroups + (job.total ?? 0) };
      pass.count += 1;
      pass.targetGroups += job.total ?? 0;
      if (pass.oldest === undefined || job.createdAt < pass.oldest) pass.oldest = job.createdAt;
      if (job.dueAt <= pass.now) pass.due.push({ ...job, ahead: { jobs: older, targetGroups } });
    }
    start = next;
    if (next === undefined) {
      if (fromBeginning) {
        stoppedAt.delete(shard);
        return;
      }
      fromBeginning = true;
    } else if (read.jobs >= MOST_PER_ACCOUNT) {
      start = { accountId: read.accountId };
      pass.complete = false;
    }
  } while (mayGoOn());
  pass.complete = false;
  // An account of which a part was read is read from its oldest job on, unless a pass has no time for more.
  if (start === undefined) stoppedAt.delete(shard);
  else if (read.jobs > 0) stoppedAt.set(shard, completed ?? read.accountId);
}
