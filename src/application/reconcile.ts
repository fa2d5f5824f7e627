/**
 * Looks at the open jobs that are due: sends the chunks of stalled jobs again, gives up those of jobs past
 * their deadline, and settles what nobody has settled long after it (ADR 38).
 */
import { computeLastResort } from '../domain/deadline.ts';
import { ChunkTakenError, EnqueueFailedError } from '../domain/errors.ts';
import { type Job, deriveStatus, listUnsettledChunks, type Look } from '../domain/job.ts';
import { type Backlogs, type Step, planLook, planRetry } from '../domain/look.ts';
import { runInParallel } from '../domain/run-in-parallel.ts';
import type { Backlog } from '../ports/backlog.ts';
import type { OpenJob } from '../ports/open-jobs.ts';
import type { ChunkWork, GiveUpWork, WorkQueue } from '../ports/work-queue.ts';
import { closeIfEnded } from './add-chunk-to-job.ts';
import { cutIntoChunks } from './cut-into-chunks.ts';
import { type DueOpenJob, type ReadOpenJobsDeps, readOpenJobs } from './read-open-jobs.ts';
import { type RunChunkDeps, settleByReading } from './run-chunk.ts';
import { takeTurns } from './take-turns.ts';
import { makeJobSubject, withSubject } from './with-subject.ts';

export interface ReconcileDeps extends RunChunkDeps {
  readonly backlog: Backlog;
  readonly queue: WorkQueue<ChunkWork>;
  readonly giveUps: WorkQueue<GiveUpWork>;
  readonly stoppedAt: ReadOpenJobsDeps['stoppedAt'];
  readonly settings: RunChunkDeps['settings'] & {
    /** Time without progress after which a job is stalled: its unsettled chunks are then sent again. */
    readonly stalledMs: number;
    /** Number of workers that each queue may have at a time. */
    readonly workers: number;
    /** Number of jobs that are looked at at once. */
    readonly looksAtOnce: number;
    /** Number of jobs that are settled at once, as a last resort. */
    readonly settlesAtOnce: number;
  };
}

/** One run of reconcile. */
export interface ReconcileRun {
  /** Unique name of this run, the owner of its claims. */
  readonly owner: string;
  /** Epoch ms after which no further job is started. */
  readonly stopAt: number;
}

/** More messages per worker than this, before those of a job, explain why it makes no progress. */
const BACKLOG_PER_WORKER = 10;

/**
 * Shares of a run's time after which it reads no more of the index, looks at no more jobs, and sends nothing
 * more. What is left is for the jobs that it settles: more than FAIR_ATTEMPT_MS, so that even a job whose
 * reads hang can end.
 */
export const READ_UNTIL = 0.25;
export const LOOK_UNTIL = 0.4;
export const SEND_UNTIL = 0.45;

/** A job that is due, as it was read. */
type DueJob = Job & { readonly look: Look };

/**
 * Reads all open jobs, and looks at those that are due until none is left or the time is up. The accounts
 * take turns. Jobs that it has to settle itself take long, so they come last, with the rest of the time.
 *
 * A look begins with a conditional write that moves the job's next look into the future. So only one of two
 * runs at the same time gets the job, and a job that could not be helped does not keep the others waiting.
 */
export async function reconcile(deps: ReconcileDeps, run: ReconcileRun): Promise<void> {
  const start = deps.clock.now();
  const computeTime = (share: number) => start + share * (run.stopAt - start);
  const mayGoOn = (share: number) => deps.clock.now() < computeTime(share);

  const due = takeTurns(await readOpenJobs(deps, () => mayGoOn(READ_UNTIL)));
  if (due.length === 0) return;
  const full = await findFullQueues(deps);

  const lastResorts: DueJob[] = [];
  let withheld = 0;
  const { looksAtOnce, settlesAtOnce } = deps.settings;
  const lookRun = { ...run, stopAt: computeTime(SEND_UNTIL) };
  const look = (open: DueOpenJob) =>
    withJob(deps, open, async (jobDeps, job) => {
      const backlogs = hasBacklog(deps, open, job) ? full : NO_BACKLOGS;
      if (deps.clock.now() >= computeLastResort(job, deps.settings.deadlineMs)) lastResorts.push(job);
      else if ((await lookAtJob(jobDeps, job, lookRun, backlogs)) === 'withhold') withheld += 1;
    });
  await runInParallel(due, looksAtOnce, look, () => mayGoOn(LOOK_UNTIL));
  if (withheld > 0) deps.journal.note({ event: 'resends.withheld', jobs: withheld });

  const settle = (open: DueJob) =>
    withJob(deps, open, async (jobDeps, job) => {
      await lookAtJob(jobDeps, job, run, NO_BACKLOGS);
    });
  await runInParallel(lastResorts, settlesAtOnce, settle, () => mayGoOn(1));
}

const NO_BACKLOGS: Backlogs = { chunks: false, giveUps: false };

/** Finds out which queues could explain why jobs wait. One that does not answer explains nothing. */
async function findFullQueues({ queue, giveUps, settings }: ReconcileDeps): Promise<Backlogs> {
  const isFull = async (messages: Promise<number>) =>
    (await messages.catch(() => 0)) > BACKLOG_PER_WORKER * settings.workers;
  const [chunksFull, giveUpsFull] = await Promise.all([
    isFull(queue.countMessages()),
    isFull(giveUps.countMessages()),
  ]);
  return { chunks: chunksFull, giveUps: giveUpsFull };
}

/**
 * Whether the account of a job has so many older chunks that a full queue explains why the job waits. The
 * messages of other accounts do not: a fair queue delivers those of a quiet account first. Each older job has
 * a chunk at least, and we take its chunks to be as large as those of this job.
 */
function hasBacklog({ settings }: ReconcileDeps, { ahead }: DueOpenJob, { chunkSize }: Job): boolean {
  const chunks = Math.max(ahead.jobs, ahead.targetGroups / chunkSize);
  return chunks > BACKLOG_PER_WORKER * settings.workers;
}

/**
 * Reads a job and lets `work` do something about it, if it is open, due and not ended. The index may show an
 * earlier state. Never throws, so that a failure does not stop the other jobs; the job is due again later.
 */
async function withJob(
  deps: ReconcileDeps,
  open: Pick<OpenJob, 'accountId' | 'projectId' | 'jobId'>,
  work: (deps: ReconcileDeps, job: DueJob) => Promise<void>,
): Promise<void> {
  await noteFailure(deps, open.jobId, async () => {
    const now = deps.clock.now();
    const job = await deps.jobs.find(open, now);
    if (job?.look === undefined || Date.parse(job.look.dueAt) > now) return;
    const due = { ...job, look: job.look };
    const jobDeps = withSubject(deps, makeJobSubject(job));
    await noteFailure(jobDeps, job.jobId, () =>
      deriveStatus(job) === 'Processing' ? work(jobDeps, due) : closeIfEnded(jobDeps, job),
    );
  });
}

/** Notes the failure of `act` with what the journal of `deps` knows of the job. Never throws. */
async function noteFailure(
  { journal }: ReconcileDeps,
  jobId: string,
  act: () => Promise<void>,
): Promise<void> {
  try {
    await act();
  } catch (cause) {
    journal.note({ event: 'job.not-reconciled', jobId, cause });
  }
}

/**
 * Notes the look, and does what `planLook` says. A look that could send nothing does not count.
 *
 * @returns the step that was done; `wait` when another run has looked at the job first
 */
async function lookAtJob(
  deps: ReconcileDeps,
  job: DueJob,
  run: ReconcileRun,
  backlogs: Backlogs,
): Promise<Step> {
  const { openJobs, clock, journal, settings } = deps;
  const { step, look } = planLook(job, job.look, clock.now(), settings, backlogs);
  if (!(await openJobs.postpone(job, look))) {
    journal.note({ event: 'race.lost', race: 'postpone', jobId: job.jobId });
    return 'wait';
  }
  if (step === 'wait' || step === 'withhold') return step;
  const countUnlessUnsent = async (error: unknown): Promise<never> => {
    // What the queue has taken is there twice now. To send it a third time for the rest would not be right.
    const sentSome = error instanceof EnqueueFailedError && error.sent > 0;
    if (step !== 'settle' && !sentSome) {
      // If this fails too, the look counts.
      const retry = planRetry(job.look, look, clock.now());
      await openJobs.postpone({ ...job, look }, retry).catch(() => undefined);
    }
    throw error;
  };
  const { ids, trace } = await deps.jobs.readRequest(job).catch(countUnlessUnsent);
  const unsettled = cutIntoChunks(job, ids, listUnsettledChunks(job), trace);
  const jobDeps = withSubject(deps, { traceparent: trace.traceparent });
  const act = { resend: resendChunks, 'give-up': sendGiveUps, settle: settleAll }[step];
  await noteFailure(jobDeps, job.jobId, () => act(jobDeps, job, unsettled, run).catch(countUnlessUnsent));
  return step;
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
  await queue.send(unsettled, { until: stopAt });
  journal.note({ event: 'job.re-enqueued', jobId, chunks: unsettled.length });
}

/** Sends the unsettled chunks of a job past its deadline as give-ups, so that the workers settle them. */
async function sendGiveUps(
  { giveUps, journal }: ReconcileDeps,
  { jobId }: Job,
  unsettled: readonly ChunkWork[],
  { stopAt }: ReconcileRun,
): Promise<void> {
  const work = unsettled.map((chunk) => ({ ...chunk, reason: 'deadline' as const }));
  await giveUps.send(work, { until: stopAt });
  journal.note({ event: 'job.deadline-passed', jobId, chunks: unsettled.length });
}

/** Settles the unsettled chunks by reading, one after the other. */
async function settleAll(
  deps: ReconcileDeps,
  job: Job,
  unsettled: readonly ChunkWork[],
  { owner, stopAt }: ReconcileRun,
): Promise<void> {
  const { clock, journal } = deps;
  journal.note({ event: 'job.last-resort', jobId: job.jobId, chunks: unsettled.length });
  const errors: unknown[] = [];
  for (const work of unsettled) {
    if (clock.now() >= stopAt) break;
    const { index } = work.chunk;
    try {
      const attempt = { work, owner: `${owner}/${index}`, stopAt };
      await settleByReading(withSubject(deps, { chunk: index }), attempt, 'deadline');
    } catch (error) {
      // Another owner still holds this chunk, or the store failed. The other chunks do not depend on it.
      if (!(error instanceof ChunkTakenError)) errors.push(error);
    }
  }
  if (errors.length > 0) throw new AggregateError(errors, 'Some chunks could not be settled yet.');
}
