/** Decides what reconcile does about an open job that is due, and when it looks at the job again. */
import { computeDeadline, computeLastResort } from './deadline.ts';
import type { Job, Look } from './job.ts';
import { formatTimestamp } from './time.ts';

/**
 * - `wait`: nothing. The job has made progress, or everything was tried.
 * - `withhold`: nothing, because its queue explains why the job has made no progress.
 * - `resend`: send the unsettled chunks again, in case their messages were lost.
 * - `give-up`: send them as give-ups, past the deadline.
 * - `settle`: settle them, as a last resort.
 */
export type Step = 'wait' | 'withhold' | 'resend' | 'give-up' | 'settle';

/** Most times that the chunks of a job are sent again before its deadline. */
export const MOST_RESENDS = 2;

/** Time until a look that is to come in the next run: less than between two runs. */
const NEXT_RUN_MS = 30_000;

export interface LookSettings {
  /** Time without progress after which a job is stalled. */
  readonly stalledMs: number;
  /** Age at the deadline of a job that was created without one. */
  readonly deadlineMs: number;
}

/** Whether the queues explain that a job waits: the workers have much to do for its account before it. */
export interface Backlogs {
  readonly chunks: boolean;
  readonly giveUps: boolean;
}

/**
 * Plans a look at an open job. Each time that its chunks were sent doubles the wait until the next look, so
 * that a job that is waiting for its turn adds less and less to the queue that it waits in.
 *
 *   created ── stalled ── … ── deadline ── … ── 1.5 times the deadline ── … ── twice
 *                 └─ resend, at most twice         └─ settle                      └─ what cannot be read
 *                                 └─ give up
 *
 * @param now epoch ms
 */
export function planLook(
  job: Job,
  look: Look,
  now: number,
  { stalledMs, deadlineMs }: LookSettings,
  backlogs: Backlogs,
): { readonly step: Step; readonly look: Look } {
  const deadline = computeDeadline(job, deadlineMs);
  const lastResort = computeLastResort(job, deadlineMs);
  const hasProgressed = job.settled.size > look.settled;
  const plan = (step: Step, nextLook: number, noted: Partial<Look> = {}) => ({
    step,
    look: { ...look, settled: job.settled.size, dueAt: formatTimestamp(nextLook), ...noted },
  });

  if (now >= lastResort) return plan('settle', now + Math.min(stalledMs, NEXT_RUN_MS));
  if (now >= deadline) {
    const { giveUps } = look;
    const planNext = (step: Step, sent: number) =>
      plan(step, Math.min(now + stalledMs * 2 ** sent, lastResort), { giveUps: sent });
    if (giveUps === 0) return planNext('give-up', 1);
    if (hasProgressed) return planNext('wait', giveUps);
    return backlogs.giveUps ? planNext('withhold', giveUps) : planNext('give-up', giveUps + 1);
  }
  const { resends } = look;
  const planNext = (step: Step, sent: number, latest = deadline) =>
    plan(step, Math.min(now + stalledMs * 2 ** sent, latest), { resends: sent });
  if (hasProgressed || resends >= MOST_RESENDS) return planNext('wait', resends);
  // Close to the deadline the queue explains nothing any more: this is the last chance of a lost message. So
  // the look after one that withholds comes then at the latest.
  const lastChance = deadline - stalledMs;
  if (backlogs.chunks && now < lastChance) return planNext('withhold', resends, lastChance);
  return planNext('resend', resends + 1);
}

/**
 * Plans the look after one that could send nothing: in the next run, with as many resends and give-ups as
 * before.
 *
 * @param planned the look as `planLook` has planned and reconcile has stored it
 * @param now epoch ms
 */
export function planRetry({ resends, giveUps }: Look, planned: Look, now: number): Look {
  return { ...planned, resends, giveUps, dueAt: formatTimestamp(now + NEXT_RUN_MS) };
}
