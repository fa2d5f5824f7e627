/** Looks after jobs that stand still: what is unsettled is sent again, and past the deadline it is settled here. */
import { ChunkTakenError } from '../domain/errors.ts';
import { inParallel } from '../domain/in-parallel.ts';
import { type Job, statusOf, unsettledChunks } from '../domain/job.ts';
import { NOT_CARRIED_OUT, type Outcome, decide, markOf, outcomeOf } from '../domain/outcome.ts';
import { timestamp } from '../domain/time.ts';
import type { DueJob } from '../ports/open-jobs.ts';
import type { ChunkWork, WorkQueue } from '../ports/work-queue.ts';
import { cutIntoChunks } from './cut-into-chunks.ts';
import { countOpenJobs } from './count-open-jobs.ts';
import { type GiveUp, type RunChunkDeps, closeIfEnded, settleChunk } from './run-chunk.ts';
import { subjectOfJob, withSubject } from './with-subject.ts';

export interface ReconcileDeps extends RunChunkDeps {
  readonly queue: WorkQueue;
  readonly settings: RunChunkDeps['settings'] & {
    /** A job without progress for so long gets its unsettled chunks sent again. */
    readonly stalledMs: number;
    /** A job older than this is settled with what it has. */
    readonly deadlineMs: number;
    /** Due jobs read at a time. */
    readonly pageSize: number;
    /** Jobs looked after at once. */
    readonly jobsAtOnce: number;
  };
}

/** One run of reconcile. */
export interface ReconcileRun {
  /** Names this run; no two runs share a name. */
  readonly owner: string;
  /** Epoch ms after which no further job is taken up. */
  readonly stopAt: number;
}

/** When a job that could not be settled at its deadline is tried again. */
const AFTER_DEADLINE_MS = 60_000;

/**
 * Past twice its deadline a job is tried for so long with all tries of each read. If they take longer than a run
 * has, as when every read hangs, a chunk that had `FAIR_ATTEMPT_MS` of a run is then given up as it is.
 */
const LAST_TRIES_MS = 15 * 60_000;
const FAIR_ATTEMPT_MS = 20_000;

/**
 * Looks after the jobs that are due, the longest due first, until none is left or the time is up.
 *
 * Every job that is taken up gets its next look moved into the future first, in a conditional write. So two
 * of these may run at once (one of them gets the job), and however many jobs are due, each goes to the back
 * of the line and none is starved.
 */
export async function reconcile(deps: ReconcileDeps, run: ReconcileRun): Promise<void> {
  const mayGoOn = () => deps.clock.now() < run.stopAt;
  // Beside each other: a long backlog does not delay the count of it, nor the count the work on it.
  await Promise.all([countOpenJobs(deps, mayGoOn), lookAfterDueJobs(deps, run, mayGoOn)]);
}

async function lookAfterDueJobs(
  deps: ReconcileDeps,
  run: ReconcileRun,
  mayGoOn: () => boolean,
): Promise<void> {
  const { openJobs, clock, settings } = deps;
  const now = timestamp(clock.now());
  let last: DueJob | undefined;
  do {
    const page = await openJobs.due(now, settings.pageSize, last);
    await inParallel(page, settings.jobsAtOnce, (due) => lookAfter(deps, due, run), mayGoOn);
    last = page.length < settings.pageSize ? undefined : page.at(-1);
  } while (last !== undefined && mayGoOn());
}

/**
 * Looks after one job that is due. Never throws: one job's trouble is not the next one's, and it is due again
 * after its postponement.
 */
async function lookAfter(given: ReconcileDeps, due: DueJob, run: ReconcileRun): Promise<void> {
  // Its journal learns what is read of the job, so that the entry of a failure says whose job it is.
  let deps = given;
  try {
    const now = deps.clock.now();
    const job = await deps.jobs.find(due, now);
    if (job === undefined) return;
    deps = withSubject(deps, subjectOfJob(job));
    if (!(await postponeOrClose(deps, job, due, now))) return;

    const { ids, trace } = await deps.jobs.request(job);
    deps = withSubject(deps, { traceparent: trace.traceparent });
    const unsettled = cutIntoChunks(job, ids, unsettledChunks(job), trace);
    if (now < deadlineOf(job, deps)) await resend(deps, job, unsettled, run);
    else await giveUpJob(deps, job, unsettled, run);
  } catch (cause) {
    deps.journal.note({ event: 'job.not-reconciled', jobId: due.jobId, cause });
  }
}

/**
 * Moves the next look at a job into the future, or closes the job if it has ended.
 *
 * @returns whether anything else is to be done about it
 */
async function postponeOrClose(deps: ReconcileDeps, job: Job, due: DueJob, now: number): Promise<boolean> {
  const { openJobs, journal, settings } = deps;
  if (statusOf(job) !== 'Processing') {
    await closeIfEnded(deps, job);
    return false;
  }
  const deadline = deadlineOf(job, deps);
  const nextLook =
    now < deadline
      ? Math.min(now + settings.stalledMs, deadline)
      : now + Math.min(settings.stalledMs, AFTER_DEADLINE_MS);
  const postponed = await openJobs.postpone(job, due.dueAt, timestamp(nextLook));
  if (postponed === 'lost') {
    journal.note({ event: 'race.lost', race: 'postpone', jobId: job.jobId });
    return false;
  }
  return now >= deadline || job.settled.size <= postponed.settledBefore;
}

function deadlineOf(job: Job, { settings }: ReconcileDeps): number {
  return Date.parse(job.createdAt) + settings.deadlineMs;
}

/** A chunk that is only waiting in the queue is then there twice; whoever comes second finds its result. */
async function resend(
  { queue, journal }: ReconcileDeps,
  { jobId }: Job,
  unsettled: readonly ChunkWork[],
  { stopAt }: ReconcileRun,
): Promise<void> {
  await queue.send(unsettled, stopAt);
  journal.note({ event: 'job.re-enqueued', jobId, chunks: unsettled.length });
}

/**
 * Settles what is left of a job whose deadline has passed. What cannot even be read is tried again for as
 * long as the job was given; then it is given up too, so that every job ends.
 *
 *   created ──── deadline ──── twice the deadline ──── 15 minutes later
 *                    └─ what can be read  └─ what fails at every try  └─ what no run had the time for
 */
async function giveUpJob(
  deps: ReconcileDeps,
  job: Job,
  unsettled: readonly ChunkWork[],
  { owner, stopAt }: ReconcileRun,
): Promise<void> {
  const { clock, journal } = deps;
  journal.note({ event: 'job.deadline-passed', jobId: job.jobId, chunks: unsettled.length });
  const troubles: unknown[] = [];
  for (const work of unsettled) {
    if (clock.now() >= stopAt) break;
    const { index } = work.chunk;
    try {
      await settleChunk(
        withSubject(deps, { chunk: index }),
        { work, owner: `${owner}/${index}`, stopAt, ...chooseGiveUp(deps, job, stopAt) },
        (targetGroupId) => giveUpTargetGroup(deps, work, targetGroupId),
      );
    } catch (error) {
      // Somebody still holds this chunk, or the store failed us: the others need not wait for it.
      if (!(error instanceof ChunkTakenError)) troubles.push(error);
    }
  }
  if (troubles.length > 0) throw new AggregateError(troubles, 'Some chunks could not be settled yet.');
}

function chooseGiveUp(deps: ReconcileDeps, job: Job, stopAt: number): { readonly giveUp?: GiveUp } {
  const now = deps.clock.now();
  const overdueMs = now - (deadlineOf(job, deps) + deps.settings.deadlineMs);
  if (overdueMs < 0) return {};
  const isFair = stopAt - now >= FAIR_ATTEMPT_MS;
  return { giveUp: overdueMs >= LAST_TRIES_MS && isFair ? 'undecided' : 'failing' };
}

/**
 * The outcome of a target group that nobody will work on any more. It is read, not moved: what bears the
 * job's mark was moved by it and is updated, what could not have moved is refused as always, and the rest was
 * not carried out. Whoever asks holds the claim of its chunk, so that no worker moves it after it was read.
 *
 * @throws whatever the store throws
 */
async function giveUpTargetGroup(
  { groups, clock }: ReconcileDeps,
  { chunk, job }: ChunkWork,
  targetGroupId: string,
): Promise<Outcome> {
  const found = await groups.find({ accountId: chunk.accountId, projectId: chunk.projectId, targetGroupId });
  const decision = decide(job.action, found, markOf(chunk), timestamp(clock.now()));
  return outcomeOf(targetGroupId, decision) ?? { targetGroupId, failure: NOT_CARRIED_OUT };
}
