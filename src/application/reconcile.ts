/** Looks at due jobs: sends the chunks of stalled jobs again, and settles them past the deadline. */
import { ChunkTakenError } from '../domain/errors.ts';
import { runInParallel } from '../domain/run-in-parallel.ts';
import { type Job, deriveStatus, listUnsettledChunks } from '../domain/job.ts';
import { NOT_CARRIED_OUT, type Outcome, decide, makeMark, deriveOutcome } from '../domain/outcome.ts';
import { formatTimestamp } from '../domain/time.ts';
import type { DueJob } from '../ports/open-jobs.ts';
import type { ChunkWork, WorkQueue } from '../ports/work-queue.ts';
import { cutIntoChunks } from './cut-into-chunks.ts';
import { countOpenJobs } from './count-open-jobs.ts';
import { type GiveUp, type RunChunkDeps, closeIfEnded, settleChunk } from './run-chunk.ts';
import { makeJobSubject, withSubject } from './with-subject.ts';

export interface ReconcileDeps extends RunChunkDeps {
  readonly queue: WorkQueue;
  readonly settings: RunChunkDeps['settings'] & {
    /** Time without progress after which a job is stalled: its unsettled chunks are then sent again. */
    readonly stalledMs: number;
    /** Age of a job at its deadline. After that reconcile settles its unsettled chunks itself. */
    readonly deadlineMs: number;
    /** Number of due jobs that are read per page. */
    readonly pageSize: number;
    /** Number of jobs that are worked on at once. */
    readonly jobsAtOnce: number;
  };
}

/** One run of reconcile. */
export interface ReconcileRun {
  /** Unique name of this run, the owner of its claims. */
  readonly owner: string;
  /** Epoch ms after which no further job is started. */
  readonly stopAt: number;
}

/** Longest time until the next look at a job that could not be settled at its deadline. */
const RETRY_AFTER_DEADLINE_MS = 60_000;

/**
 * From twice the deadline on, a target group whose every read fails is given up. So much later, those are too
 * that an attempt had no time to read. Otherwise reads that always hang would keep a job open.
 */
export const LAST_TRIES_MS = 15 * 60_000;

/** An attempt that begins with less time than this gives up nothing for lack of time. */
const FAIR_ATTEMPT_MS = 20_000;

/**
 * Looks at the jobs that are due, the longest due first, until none is left or the time is up.
 *
 * First a conditional write moves the time of the job's next look into the future. So only one of two runs at
 * the same time gets the job, and the job goes to the end of the line, so that no job starves.
 */
export async function reconcile(deps: ReconcileDeps, run: ReconcileRun): Promise<void> {
  const mayGoOn = () => deps.clock.now() < run.stopAt;
  // Both run at the same time, so that neither a long backlog nor the counting of it delays the other.
  const counted = countOpenJobs(deps, mayGoOn);
  try {
    await reconcileDueJobs(deps, run, mayGoOn);
  } finally {
    // Also when the run fails: Lambda would freeze the counting, and it would go on in the next run.
    await counted;
  }
}

async function reconcileDueJobs(
  deps: ReconcileDeps,
  run: ReconcileRun,
  mayGoOn: () => boolean,
): Promise<void> {
  const { openJobs, clock, settings } = deps;
  const now = formatTimestamp(clock.now());
  let last: DueJob | undefined;
  do {
    const page = await openJobs.findDue(now, settings.pageSize, last);
    await runInParallel(page, settings.jobsAtOnce, (due) => reconcileJob(deps, due, run), mayGoOn);
    last = page.length < settings.pageSize ? undefined : page.at(-1);
  } while (last !== undefined && mayGoOn());
}

/**
 * Looks at one job that is due. Never throws, so that a failure does not stop the other jobs. The job is due
 * again at its next look.
 */
async function reconcileJob(baseDeps: ReconcileDeps, due: DueJob, run: ReconcileRun): Promise<void> {
  // The journal gets what was read of the job, so that the entry of a failure says whose job it is.
  let deps = baseDeps;
  try {
    const now = deps.clock.now();
    const job = await deps.jobs.find(due, now);
    if (job === undefined) return;
    deps = withSubject(deps, makeJobSubject(job));
    if (!(await postponeOrClose(deps, job, due, now))) return;

    const { ids, trace } = await deps.jobs.readRequest(job);
    deps = withSubject(deps, { traceparent: trace.traceparent });
    const unsettled = cutIntoChunks(job, ids, listUnsettledChunks(job), trace);
    if (now < computeDeadline(job, deps)) await resendChunks(deps, job, unsettled, run);
    else await settlePastDeadline(deps, job, unsettled, run);
  } catch (cause) {
    deps.journal.note({ event: 'job.not-reconciled', jobId: due.jobId, cause });
  }
}

/**
 * Moves the time of the job's next look into the future, or closes the job if it has ended.
 *
 * @returns whether the job needs action: it made no progress since its last look, or is past its deadline
 */
async function postponeOrClose(deps: ReconcileDeps, job: Job, due: DueJob, now: number): Promise<boolean> {
  const { openJobs, journal, settings } = deps;
  if (deriveStatus(job) !== 'Processing') {
    await closeIfEnded(deps, job);
    return false;
  }
  const deadline = computeDeadline(job, deps);
  const nextLook =
    now < deadline
      ? Math.min(now + settings.stalledMs, deadline)
      : now + Math.min(settings.stalledMs, RETRY_AFTER_DEADLINE_MS);
  const postponed = await openJobs.postpone(job, due.dueAt, formatTimestamp(nextLook));
  if (postponed === 'lost') {
    journal.note({ event: 'race.lost', race: 'postpone', jobId: job.jobId });
    return false;
  }
  return now >= deadline || job.settled.size <= postponed.settledBefore;
}

function computeDeadline(job: Job, { settings }: ReconcileDeps): number {
  return Date.parse(job.createdAt) + settings.deadlineMs;
}

/**
 * Sends the unsettled chunks again. A chunk that was still waiting in the queue is then there twice; the
 * worker that gets it second finds a claim or a result.
 */
async function resendChunks(
  { queue, journal }: ReconcileDeps,
  { jobId }: Job,
  unsettled: readonly ChunkWork[],
  { stopAt }: ReconcileRun,
): Promise<void> {
  await queue.send(unsettled, stopAt);
  journal.note({ event: 'job.re-enqueued', jobId, chunks: unsettled.length });
}

/**
 * Settles the unsettled chunks of a job past its deadline. A target group that cannot be read is tried again
 * at the next looks, until it is given up as `InternalError`, because every job must end.
 *
 *   created ──── deadline ──── twice the deadline ──── 15 minutes later
 *                    └─ what can be read  └─ what fails at every try  └─ what no run had the time for
 */
async function settlePastDeadline(
  deps: ReconcileDeps,
  job: Job,
  unsettled: readonly ChunkWork[],
  { owner, stopAt }: ReconcileRun,
): Promise<void> {
  const { clock, journal } = deps;
  journal.note({ event: 'job.deadline-passed', jobId: job.jobId, chunks: unsettled.length });
  const errors: unknown[] = [];
  for (const work of unsettled) {
    if (clock.now() >= stopAt) break;
    const { index } = work.chunk;
    try {
      await settleChunk(
        withSubject(deps, { chunk: index }),
        { work, owner: `${owner}/${index}`, stopAt, ...chooseGiveUp(deps, job, stopAt) },
        (targetGroupId) => decideByReading(deps, work, targetGroupId),
      );
    } catch (error) {
      // Another owner still holds this chunk, or the store failed. The other chunks do not depend on it.
      if (!(error instanceof ChunkTakenError)) errors.push(error);
    }
  }
  if (errors.length > 0) throw new AggregateError(errors, 'Some chunks could not be settled yet.');
}

/** Chooses which target groups of the next chunk are given up, by the time since twice the deadline. */
function chooseGiveUp(deps: ReconcileDeps, job: Job, stopAt: number): { readonly giveUp?: GiveUp } {
  const now = deps.clock.now();
  const overdueMs = now - (computeDeadline(job, deps) + deps.settings.deadlineMs);
  if (overdueMs < 0) return {};
  const isFair = stopAt - now >= FAIR_ATTEMPT_MS;
  return { giveUp: overdueMs >= LAST_TRIES_MS && isFair ? 'undecided' : 'failing' };
}

/**
 * Decides the outcome of a target group past the deadline by reading it, without moving it.
 *
 * A target group that has the job's mark or the target status is updated. One that may not move is refused as
 * always. One that could still move ends as `InternalError`. The caller holds the claim on the chunk, so no
 * worker moves the target group after this read.
 *
 * @throws what the store throws
 */
async function decideByReading(
  { groups, clock }: ReconcileDeps,
  { chunk, job }: ChunkWork,
  targetGroupId: string,
): Promise<Outcome> {
  const found = await groups.find({ accountId: chunk.accountId, projectId: chunk.projectId, targetGroupId });
  const decision = decide(job.action, found, makeMark(chunk), formatTimestamp(clock.now()));
  return deriveOutcome(targetGroupId, decision) ?? { targetGroupId, failure: NOT_CARRIED_OUT };
}
