/** Looks after jobs that stand still: what is unsettled is sent again, and past the deadline it is settled here. */
import { ChunkTakenError } from '../domain/errors.ts';
import { type Job, statusOf, unsettledChunks } from '../domain/job.ts';
import { NOT_READ } from '../domain/outcome.ts';
import { timestamp } from '../domain/time.ts';
import type { DueJob } from '../ports/job-store.ts';
import type { ChunkWork, WorkQueue } from '../ports/work-queue.ts';
import { about, subjectOfJob } from './about.ts';
import { giveUp } from './carry-out.ts';
import { chunkWork } from './chunk-work.ts';
import { countOpenJobs } from './count-open-jobs.ts';
import { closeIfFinished } from './finish-chunk.ts';
import { inParallel } from '../domain/in-parallel.ts';
import { patiently } from './patiently.ts';
import { type RunChunkWorld, type Settler, settleChunk } from './run-chunk.ts';

export interface ReconcileWorld extends RunChunkWorld {
  readonly queue: WorkQueue;
  readonly settings: RunChunkWorld['settings'] & {
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

/** When a job that could not be settled at its deadline is tried again. */
const AFTER_DEADLINE_MS = 60_000;

/**
 * Looks after the jobs that are due, the longest due first, until none is left or the time is up.
 *
 * Every job that is taken up gets its next look moved into the future first, in a conditional write. So two
 * of these may run at once (one of them gets the job), and however many jobs are due, each goes to the back
 * of the line and none is starved.
 *
 * @param owner names this run; no two runs share a name
 * @param stopAt epoch ms after which no further job is taken up
 */
export async function reconcile(world: ReconcileWorld, owner: string, stopAt: number): Promise<void> {
  const mayGoOn = () => world.clock.now() < stopAt;
  // Beside each other: a long backlog does not delay the count of it, nor the count the work on it.
  await Promise.all([countOpenJobs(world, mayGoOn), lookAfterAll(world, owner, stopAt, mayGoOn)]);
}

async function lookAfterAll(
  world: ReconcileWorld,
  owner: string,
  stopAt: number,
  mayGoOn: () => boolean,
): Promise<void> {
  const { jobs, clock, settings } = world;
  const now = timestamp(clock.now());
  const attempt = (due: DueJob) => noting(world, due.jobId, () => lookAfter(world, due, owner, stopAt));
  let last: DueJob | undefined;
  do {
    const page = await jobs.due(now, settings.pageSize, last);
    await inParallel(page, settings.jobsAtOnce, attempt, mayGoOn);
    last = page.length < settings.pageSize ? undefined : page.at(-1);
  } while (last !== undefined && mayGoOn());
}

/** One job's trouble is not the next one's. It is due again after its postponement. */
async function noting({ journal }: ReconcileWorld, jobId: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    journal.note({ event: 'job.not-reconciled', jobId, cause });
  }
}

async function lookAfter(given: ReconcileWorld, due: DueJob, owner: string, stopAt: number): Promise<void> {
  const now = given.clock.now();
  const job = await given.jobs.find(due, now);
  if (job === undefined) return;
  const world = about(given, subjectOfJob(job));
  await noting(world, job.jobId, async () => {
    if (await takesUp(world, job, due, now)) await takeUp(world, job, owner, stopAt, now);
  });
}

/** Whether anything is to be done about a job that is due. Its next look is moved into the future first. */
async function takesUp(world: ReconcileWorld, job: Job, due: DueJob, now: number): Promise<boolean> {
  const { jobs, journal, settings } = world;
  if (statusOf(job) !== 'Processing') {
    await closeIfFinished(world, job);
    return false;
  }
  const deadline = deadlineOf(job, settings);
  const nextLook =
    now < deadline
      ? Math.min(now + settings.stalledMs, deadline)
      : now + Math.min(settings.stalledMs, AFTER_DEADLINE_MS);
  const postponed = await jobs.postpone(job, due.dueAt, timestamp(nextLook));
  if (postponed === 'lost') {
    journal.note({ event: 'race.lost', race: 'postpone', jobId: job.jobId });
    return false;
  }
  return now >= deadline || job.settled.size <= postponed.settledBefore;
}

async function takeUp(
  given: ReconcileWorld,
  job: Job,
  owner: string,
  stopAt: number,
  now: number,
): Promise<void> {
  const request = await given.jobs.request(job);
  const world = about(given, { traceparent: request.trace.traceparent });
  const unsettled = chunkWork(job, request.ids, unsettledChunks(job), request.trace);
  await noting(world, job.jobId, () =>
    now >= deadlineOf(job, world.settings)
      ? settleRest(world, job, unsettled, owner, stopAt)
      : sendAgain(world, job, unsettled, stopAt),
  );
}

function deadlineOf(job: Job, { deadlineMs }: ReconcileWorld['settings']): number {
  return Date.parse(job.createdAt) + deadlineMs;
}

/** A chunk that is only waiting in the queue is then there twice; whoever comes second finds its result. */
async function sendAgain(
  { queue, journal }: ReconcileWorld,
  { jobId }: Job,
  unsettled: readonly ChunkWork[],
  stopAt: number,
): Promise<void> {
  await queue.send(unsettled, stopAt);
  journal.note({ event: 'job.re-enqueued', jobId, chunks: unsettled.length });
}

/**
 * Settles what is left of a job whose deadline has passed. What cannot even be read is tried again for as long
 * as the job was given; then it is given up too, for every job ends.
 */
async function settleRest(
  world: ReconcileWorld,
  job: Job,
  unsettled: readonly ChunkWork[],
  owner: string,
  stopAt: number,
): Promise<void> {
  const { clock, journal, settings } = world;
  const lastResort = clock.now() >= deadlineOf(job, settings) + settings.deadlineMs;
  journal.note({ event: 'job.deadline-passed', jobId: job.jobId, chunks: unsettled.length });
  const troubles: unknown[] = [];
  for (const work of unsettled) {
    if (clock.now() >= stopAt) break;
    const settler: Settler = (id) => giveUp(world, work, id);
    try {
      await settleChunk(
        about(world, { chunk: work.chunk.index }),
        work,
        `${owner}/${work.chunk.index}`,
        stopAt,
        lastResort ? orUnread(world, stopAt, settler) : settler,
      );
    } catch (error) {
      // Somebody still holds this chunk, or the store failed us: the others need not wait for it.
      if (!(error instanceof ChunkTakenError)) troubles.push(error);
    }
  }
  if (troubles.length > 0) throw new AggregateError(troubles, 'Some chunks could not be settled yet.');
}

/** Gives a target group up that fails at every try. When it is only the time that is up, there is a next run. */
function orUnread({ clock }: ReconcileWorld, stopAt: number, settler: Settler): Settler {
  return async (targetGroupId, begun) => {
    try {
      return await patiently(clock, stopAt, () => settler(targetGroupId, begun));
    } catch (error) {
      if (clock.now() >= stopAt) throw error;
      return { targetGroupId, failure: NOT_READ };
    }
  };
}
