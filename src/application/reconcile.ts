/** Looks after jobs that stand still: what is unsettled is sent again, and past the deadline it is settled here. */
import { ChunkTakenError } from '../domain/errors.ts';
import { type Job, statusOf, unsettledChunks } from '../domain/job.ts';
import { NOT_READ } from '../domain/outcome.ts';
import { timestamp } from '../domain/time.ts';
import type { DueJob } from '../ports/job-store.ts';
import type { WorkQueue } from '../ports/work-queue.ts';
import { giveUp } from './carry-out.ts';
import { chunkWork } from './chunk-work.ts';
import { closeIfFinished } from './finish-chunk.ts';
import { inParallel } from './in-parallel.ts';
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
  const { jobs, clock, journal, settings } = world;
  const mayGoOn = () => clock.now() < stopAt;
  const now = timestamp(clock.now());
  const attempt = async (due: DueJob) => {
    try {
      await lookAfter(world, due, owner, stopAt);
    } catch (cause) {
      // One job's trouble is not the next one's. It is due again after its postponement.
      journal.note({ event: 'job.not-reconciled', jobId: due.jobId, cause });
    }
  };
  let last: DueJob | undefined;
  do {
    const page = await jobs.due(now, settings.pageSize, last);
    await inParallel(page, settings.jobsAtOnce, attempt, mayGoOn);
    last = page.length < settings.pageSize ? undefined : page.at(-1);
  } while (last !== undefined && mayGoOn());
}

async function lookAfter(world: ReconcileWorld, due: DueJob, owner: string, stopAt: number): Promise<void> {
  const { jobs, clock, journal, settings } = world;
  const now = clock.now();
  const job = await jobs.find(due, now);
  if (job === undefined) return;
  if (statusOf(job) !== 'Processing') return closeIfFinished(world, job);

  const deadline = Date.parse(job.createdAt) + settings.deadlineMs;
  const nextLook =
    now < deadline
      ? Math.min(now + settings.stalledMs, deadline)
      : now + Math.min(settings.stalledMs, AFTER_DEADLINE_MS);
  const postponed = await jobs.postpone(job, due.dueAt, timestamp(nextLook));
  if (postponed === 'lost') {
    journal.note({ event: 'race.lost', race: 'postpone', jobId: job.jobId });
    return;
  }
  if (now >= deadline) return settleRest(world, job, owner, stopAt);
  if (job.settled.size > postponed.settledBefore) return;
  await sendAgain(world, job, stopAt);
}

/** A chunk that is only waiting in the queue is then there twice; whoever comes second finds its result. */
async function sendAgain({ jobs, queue, journal }: ReconcileWorld, job: Job, stopAt: number): Promise<void> {
  const request = await jobs.request(job);
  const unsettled = unsettledChunks(job);
  await queue.send(chunkWork(job, request.ids, unsettled, request.trace), stopAt);
  journal.note({ event: 'job.re-enqueued', jobId: job.jobId, chunks: unsettled.length });
}

/**
 * Settles what is left of a job whose deadline has passed. What cannot even be read is tried again for as long
 * as the job was given; then it is given up too, for every job ends.
 */
async function settleRest(world: ReconcileWorld, job: Job, owner: string, stopAt: number): Promise<void> {
  const { jobs, clock, journal, settings } = world;
  const request = await jobs.request(job);
  const unsettled = unsettledChunks(job);
  const lastResort = clock.now() >= Date.parse(job.createdAt) + 2 * settings.deadlineMs;
  journal.note({ event: 'job.deadline-passed', jobId: job.jobId, chunks: unsettled.length });
  const troubles: unknown[] = [];
  for (const work of chunkWork(job, request.ids, unsettled, request.trace)) {
    if (clock.now() >= stopAt) break;
    const settler: Settler = (id) => giveUp(world, work, id);
    try {
      await settleChunk(
        world,
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
