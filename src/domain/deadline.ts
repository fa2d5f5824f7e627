/** When a job is given up: the times that count from its creation (ADR 38). */
import type { Job } from './job.ts';

/** The times of a job: of a META item, or of a message. */
export type JobTimes = Pick<Job, 'createdAt' | 'deadlineAt'>;

/**
 * How long after twice the deadline a target group is given up that no attempt had the time to read, ms. One
 * whose every read fails is given up at twice the deadline. Otherwise reads that hang would keep a job open.
 */
export const LAST_TRIES_MS = 15 * 60_000;

/** An attempt that begins with less time than this gives up nothing for lack of time. */
export const FAIR_ATTEMPT_MS = 20_000;

/**
 * Which target groups end as `InternalError`, instead of the chunk being handed back. `failing`: those whose
 * every try fails. `undecided`: also those for which this attempt had too little time.
 */
export type GiveUp = 'failing' | 'undecided';

/**
 * Computes the time from which on nothing of the job is moved any more, epoch ms.
 *
 * @param deadlineMs the age of a job at its deadline, for a job that was created without one
 */
export function computeDeadline({ createdAt, deadlineAt }: JobTimes, deadlineMs: number): number {
  return deadlineAt === undefined ? Date.parse(createdAt) + deadlineMs : Date.parse(deadlineAt);
}

/** Computes the time at which a job is so many times as old as at its deadline, epoch ms. */
function multiplyDeadline(job: JobTimes, deadlineMs: number, factor: number): number {
  const createdAt = Date.parse(job.createdAt);
  return createdAt + factor * (computeDeadline(job, deadlineMs) - createdAt);
}

/** Computes the time from which on reconcile settles a job by itself, epoch ms: 1.5 times the deadline. */
export function computeLastResort(job: JobTimes, deadlineMs: number): number {
  return multiplyDeadline(job, deadlineMs, 1.5);
}

/**
 * Chooses which target groups of a chunk are given up, by the time since twice the deadline.
 *
 *   created ──── deadline ──── twice the deadline ──── 15 minutes later
 *                    └─ what can be read  └─ what fails at every try  └─ what no attempt had the time for
 *
 * @param stopAt when the attempt stops, epoch ms
 */
export function chooseGiveUp(
  job: JobTimes,
  deadlineMs: number,
  { now, stopAt }: { readonly now: number; readonly stopAt: number },
): GiveUp | undefined {
  const overdueMs = now - multiplyDeadline(job, deadlineMs, 2);
  if (overdueMs < 0) return undefined;
  return overdueMs >= LAST_TRIES_MS && stopAt - now >= FAIR_ATTEMPT_MS ? 'undecided' : 'failing';
}
