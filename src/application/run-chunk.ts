/**
 * Carries out one chunk of a job, from its message to its result. `settleChunk` is the whole flow: claim the
 * chunk, decide the outcome of each target group, settle the chunk, tell the job. The steps follow it in that
 * order. Reconcile calls it with another way to decide.
 */
import {
  ChunkTakenError,
  ChunkUnfinishedError,
  InconsistentStoreError,
  TargetGroupChangedError,
  ThrottledError,
  UncertainWriteError,
} from '../domain/errors.ts';
import { inParallel } from '../domain/in-parallel.ts';
import {
  type ChunkKey,
  type FailureGroup,
  type Job,
  countByCode,
  groupFailures,
  isBroken,
  statusOf,
} from '../domain/job.ts';
import { NOT_READ, NOT_UNDERSTOOD, type Outcome, decide, markOf, outcomeOf } from '../domain/outcome.ts';
import type { TargetGroupKey } from '../domain/target-group.ts';
import { timestamp } from '../domain/time.ts';
import type { Chunks } from '../ports/chunks.ts';
import type { Clock } from '../ports/clock.ts';
import type { Jobs } from '../ports/jobs.ts';
import type { Journal } from '../ports/journal.ts';
import type { OpenJobs } from '../ports/open-jobs.ts';
import type { Move, TargetGroups } from '../ports/target-groups.ts';
import type { ChunkWork } from '../ports/work-queue.ts';
import { LATE_WRITES_MS, OutOfTimeError, retryUntilCertain } from './retry.ts';
import { subjectOfChunk, withSubject } from './with-subject.ts';

export interface RunChunkDeps {
  readonly jobs: Jobs;
  readonly chunks: Chunks;
  readonly openJobs: OpenJobs;
  readonly groups: TargetGroups;
  readonly clock: Clock;
  readonly journal: Journal;
  readonly settings: {
    /** Target groups worked on at once. */
    readonly parallelism: number;
    /** How long a claim lasts: longer than the function can run, clock skew between two machines included. */
    readonly claimMs: number;
  };
}

/** One attempt to carry out a chunk. */
export interface Attempt {
  readonly work: ChunkWork;
  /** Names this very attempt; no two attempts share a name. */
  readonly owner: string;
  /** Epoch ms after which no further target group is taken up. */
  readonly stopAt: number;
  /** Which target groups end as `InternalError`, instead of the chunk being handed back. None by default. */
  readonly giveUp?: GiveUp;
}

/** `failing`: those that fail at every try. `undecided`: also those for which the time of this attempt was too short. */
export type GiveUp = 'failing' | 'undecided';

/**
 * Decides the outcome of one target group; is tried again when it throws.
 *
 * @param begun whether somebody may have worked on the target group before, for the same job
 */
export type DecideOutcome = (targetGroupId: string, begun: boolean) => Promise<Outcome>;

/**
 * Carries out a chunk. Returns when its message may be deleted: the chunk has its result and its job knows.
 *
 * @throws ChunkTakenError when somebody else holds the chunk
 * @throws ChunkUnfinishedError when it must be taken up again; then it is free within seconds
 */
export async function runChunk(deps: RunChunkDeps, attempt: Attempt): Promise<void> {
  const chunkDeps = withSubject(deps, subjectOfChunk(attempt.work));
  await settleChunk(chunkDeps, attempt, (id, begun) => moveTargetGroup(chunkDeps, attempt.work, id, begun));
}

/**
 * Claims a chunk, decides the outcome of each of its target groups with `decideOutcome`, writes the result,
 * and adds the chunk to its job.
 *
 * @throws ChunkTakenError, ChunkUnfinishedError as `runChunk`
 */
export async function settleChunk(
  deps: RunChunkDeps,
  attempt: Attempt,
  decideOutcome: DecideOutcome,
): Promise<void> {
  const { chunks, clock, journal } = deps;
  const { work, owner } = attempt;
  const { chunk, ids } = work;
  const start = clock.now();
  if (chunk.expiresAt * 1000 <= start) {
    // A dead letter that is sent again long after its job: its result may be deleted already, and with it the
    // knowledge that the outcomes were given.
    journal.note({ event: 'chunk.expired', jobId: chunk.jobId, chunk: chunk.index });
    return;
  }
  const claim = await claimChunk(deps, work, owner, start);
  if (claim === 'settled') return;

  let failures: FailureGroup[];
  let written: boolean;
  try {
    const outcomes = await decideOutcomes(deps, attempt, (id) => decideOutcome(id, claim.begun));
    failures = groupFailures(ids, outcomes);
    written = await chunks.settle(chunk, owner, failures, clock.now());
  } catch (error) {
    // It stays ours for as long as one of our writes may still arrive: whoever comes next must see what it
    // did. Where this fails too, or after a result that was written and not answered, the claim ends by
    // itself.
    await chunks.release(chunk, owner, clock.now() + LATE_WRITES_MS).catch(() => undefined);
    throw error;
  }
  if (!written) {
    // Our claim ended and somebody else took the chunk over. Claiming it again tells how it stands: when they
    // settled it, the job is told and the message may be deleted; while they hold it, `claimChunk` throws;
    // when it is free, nobody settled it, so that it is handed back.
    journal.note({ event: 'race.lost', race: 'settle', jobId: chunk.jobId });
    if ((await claimChunk(deps, work, owner, clock.now())) !== 'settled') {
      await chunks.release(chunk, owner, clock.now());
      throw unfinishedError(chunk, 'Its claim was lost before its result was written.');
    }
    return;
  }
  const failed = failures.flatMap((group) => group.positions).length;
  journal.note({
    event: 'chunk.settled',
    jobId: chunk.jobId,
    chunk: chunk.index,
    updated: ids.length - failed,
    failed,
    failuresByCode: countByCode(failures),
    ms: clock.now() - start,
  });
  await addToJob(deps, work, { broken: isBroken(failures), repeated: false });
}

/**
 * @returns `settled` when the chunk has its result and nothing is left to do; else it is ours to work on
 * @throws ChunkTakenError when somebody else holds it
 */
async function claimChunk(
  deps: RunChunkDeps,
  work: ChunkWork,
  owner: string,
  now: number,
): Promise<'settled' | { readonly begun: boolean }> {
  const { chunks, journal, settings } = deps;
  const { chunk } = work;
  const { jobId, index } = chunk;
  const claim = await chunks.claim(chunk, owner, now, now + settings.claimMs);
  switch (claim.kind) {
    case 'claimed':
      journal.note({ event: 'chunk.claimed', jobId, chunk: index, begun: claim.begun });
      return claim;
    case 'taken':
      journal.note({ event: 'race.lost', race: 'claim', jobId });
      throw new ChunkTakenError('Another worker holds the chunk.', { ...chunk });
    case 'settled':
      // Whoever settled it may have died before the job knew. Adding to the job's set twice adds once.
      journal.note({ event: 'chunk.repeated', jobId, chunk: index });
      await addToJob(deps, work, { broken: isBroken(claim.failures), repeated: true });
      return 'settled';
  }
}

/** @throws ChunkUnfinishedError when some have no outcome when the time is up, or fail at every try */
async function decideOutcomes(
  { clock, journal, settings }: RunChunkDeps,
  { work: { chunk, ids }, stopAt, giveUp }: Attempt,
  decideOutcome: (targetGroupId: string) => Promise<Outcome>,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  let cause: unknown;
  const decideOne = async (id: string) => {
    try {
      outcomes.push(
        await retryUntilCertain(clock, stopAt, () => failDamagedRecord(id, () => decideOutcome(id))),
      );
    } catch (error) {
      // When only the time was too short, there is a next attempt.
      const outOfTime = error instanceof OutOfTimeError;
      if (giveUp === 'failing' && !outOfTime) outcomes.push({ targetGroupId: id, failure: NOT_READ });
      else cause ??= outOfTime ? error.cause : error;
    }
  };
  await inParallel(ids, settings.parallelism, decideOne, () => clock.now() < stopAt);
  if (giveUp === 'undecided') {
    const decided = new Set(outcomes.map(({ targetGroupId }) => targetGroupId));
    const undecided = ids.filter((id) => !decided.has(id));
    outcomes.push(...undecided.map((targetGroupId) => ({ targetGroupId, failure: NOT_READ })));
  }
  const unfinished = ids.length - outcomes.length;
  if (unfinished === 0) return outcomes;
  journal.note({ event: 'chunk.handed-back', jobId: chunk.jobId, chunk: chunk.index, unfinished, cause });
  throw unfinishedError(chunk, `${unfinished} of its target groups could not be processed now.`, cause);
}

/** A record that cannot be understood will not be the next time: the rest of the job need not wait for it. */
async function failDamagedRecord(
  targetGroupId: string,
  decideOutcome: () => Promise<Outcome>,
): Promise<Outcome> {
  try {
    return await decideOutcome();
  } catch (error) {
    if (error instanceof InconsistentStoreError) return { targetGroupId, failure: NOT_UNDERSTOOD };
    throw error;
  }
}

/**
 * Moves a target group, or finds out why it does not move. One conditional write decides.
 *
 * @param begun whether somebody may have worked on it before, for the same job. Then it is read first: what
 *   was moved needs no second write, so that a chunk that takes several attempts, because the table is
 *   throttled or its workers die, gets further with each of them
 * @throws TargetGroupChangedError when it changed between write and read, UncertainWriteError when the write
 *   may or may not be carried out, and whatever else the store throws: to be tried again
 */
async function moveTargetGroup(
  { groups, clock, journal }: RunChunkDeps,
  { chunk, job: { action, createdBy } }: ChunkWork,
  targetGroupId: string,
  begun: boolean,
): Promise<Outcome> {
  const key = { accountId: chunk.accountId, projectId: chunk.projectId, targetGroupId };
  const mark = markOf(chunk);
  const now = timestamp(clock.now());
  const outcomeAsRead = async () =>
    outcomeOf(targetGroupId, decide(action, await groups.find(key), mark, now));

  const before = begun ? await outcomeAsRead() : undefined;
  if (before !== undefined) return before;
  if (await moveOrMarkUncertain(groups, key, { action, mark, now, by: createdBy })) return { targetGroupId };
  const after = await outcomeAsRead();
  if (after !== undefined) return after;
  // A user changed it after our write was refused and before we read it.
  journal.note({ event: 'race.lost', race: 'move', jobId: chunk.jobId });
  throw new TargetGroupChangedError('A target group changed between our write and our read.', { ...key });
}

/** @throws UncertainWriteError for every failure after which the write may still be carried out */
async function moveOrMarkUncertain(groups: TargetGroups, key: TargetGroupKey, move: Move): Promise<boolean> {
  try {
    return await groups.move(key, move);
  } catch (error) {
    // Each of these says whether the write can still arrive.
    const classified = [ThrottledError, InconsistentStoreError, UncertainWriteError];
    if (classified.some((kind) => error instanceof kind)) throw error;
    throw new UncertainWriteError('A write has no answer.', { ...key }, { cause: error });
  }
}

/**
 * Tells a job that one of its chunks has its result, and takes the job out of the open ones when it was the
 * last. May be repeated: the set-add adds once, and one call closes the job.
 *
 * The only chunk of a job ends it for certain, so that both are one write. Of several chunks none knows that
 * it is the last before the job has told it so.
 *
 * @param repeated whether the chunk had its result before: then it may be in the set already
 */
async function addToJob(
  deps: RunChunkDeps,
  { chunk, only }: ChunkWork,
  { broken, repeated }: { readonly broken: boolean; readonly repeated: boolean },
): Promise<void> {
  const { jobs, clock, journal } = deps;
  const { jobId } = chunk;
  const now = clock.now();
  const ended = only ? await jobs.addOnly(chunk, broken, now) : undefined;
  const job = only ? ended?.job : await jobs.addSettled(chunk, broken);
  if (job === undefined) {
    journal.note({ event: 'job.unknown', jobId, chunk: chunk.index });
    return;
  }
  if (job.settled.size === 1 && !repeated) {
    journal.note({ event: 'job.first-outcome', jobId, ms: clock.now() - Date.parse(job.createdAt) });
  }
  if (ended?.closed === true) {
    noteEnd(journal, job, now);
  } else if (only && !repeated) {
    // Another delivery found our result and ended the job before us, or our own first try did and its answer
    // was lost.
    journal.note({ event: 'race.lost', race: 'close', jobId });
  } else {
    await closeIfEnded(deps, job);
  }
}

/**
 * Takes a job out of the index of open jobs if it has ended. A crash before this write loses nothing: the
 * job's status follows from its settled chunks, and reconcile comes by for the index.
 */
export async function closeIfEnded(
  { openJobs, clock, journal }: Pick<RunChunkDeps, 'openJobs' | 'clock' | 'journal'>,
  job: Job,
): Promise<void> {
  if (statusOf(job) === 'Processing' || !job.open) return;
  const now = clock.now();
  if (await openJobs.close(job, now)) noteEnd(journal, job, now);
  else journal.note({ event: 'race.lost', race: 'close', jobId: job.jobId });
}

/** @param now as the job was closed with, epoch ms */
function noteEnd(journal: Journal, job: Job, now: number): void {
  journal.note({
    event: 'job.finished',
    jobId: job.jobId,
    status: statusOf(job),
    ms: now - Date.parse(job.createdAt),
  });
}

function unfinishedError(chunk: ChunkKey, why: string, cause?: unknown): ChunkUnfinishedError {
  return new ChunkUnfinishedError(
    `Chunk ${chunk.index} of job ${chunk.jobId} is not finished. ${why}`,
    { ...chunk },
    { cause },
  );
}
