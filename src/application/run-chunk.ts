/**
 * Works on one chunk of a job, from its message to its result. `settleChunk` is the whole flow in four steps:
 *
 *   1. claim the chunk                              `claimChunk`
 *   2. decide the outcome of each target group      `decideOutcomes`
 *   3. settle the chunk: write its result           `Chunks.settle`
 *   4. add the chunk to its job                     `addChunkToJob`
 *
 * The functions below are in this order. In step 2 a worker moves each target group (`moveTargetGroup`), with
 * retries (`retry.ts`). Past a job's deadline reconcile runs the same flow, but decides by reading alone.
 */
import {
  ChunkTakenError,
  ChunkUnfinishedError,
  InconsistentStoreError,
  TargetGroupChangedError,
  ThrottledError,
  UncertainWriteError,
  UnknownFormatError,
} from '../domain/errors.ts';
import { LATE_WRITES_MS } from '../domain/late-writes.ts';
import { runInParallel } from '../domain/run-in-parallel.ts';
import {
  type ChunkKey,
  type FailureGroup,
  type Job,
  countFailuresByCode,
  groupFailures,
  isBroken,
  deriveStatus,
} from '../domain/job.ts';
import {
  NOT_READ,
  RECORD_DAMAGED,
  RECORD_UNREADABLE,
  type Outcome,
  decide,
  makeMark,
  deriveOutcome,
} from '../domain/outcome.ts';
import type { TargetGroupKey } from '../domain/target-group.ts';
import { formatTimestamp } from '../domain/time.ts';
import type { Chunks } from '../ports/chunks.ts';
import type { Clock } from '../ports/clock.ts';
import type { Jobs } from '../ports/jobs.ts';
import type { Journal } from '../ports/journal.ts';
import type { OpenJobs } from '../ports/open-jobs.ts';
import type { Move, TargetGroups } from '../ports/target-groups.ts';
import type { ChunkWork } from '../ports/work-queue.ts';
import { OutOfTimeError, retryUntilCertain } from './retry.ts';
import { makeChunkSubject, withSubject } from './with-subject.ts';

export interface RunChunkDeps {
  readonly jobs: Jobs;
  readonly chunks: Chunks;
  readonly openJobs: OpenJobs;
  readonly groups: TargetGroups;
  readonly clock: Clock;
  readonly journal: Journal;
  readonly settings: {
    /** Number of target groups that are worked on at once. */
    readonly parallelism: number;
    /**
     * Length of a claim: longer than the function can run and its last write can take, plus the clock skew
     * between two machines.
     */
    readonly claimMs: number;
  };
}

/** One attempt at a chunk. */
export interface Attempt {
  readonly work: ChunkWork;
  /** Unique name of this attempt, the owner of its claim. */
  readonly owner: string;
  /** Epoch ms after which no further target group is started. */
  readonly stopAt: number;
  /** Epoch ms after which a claim is left to end by itself, because it is too late to hand it back. */
  readonly handBackBy?: number;
  /** Which target groups end as `InternalError`, instead of the chunk being handed back. None by default. */
  readonly giveUp?: GiveUp;
}

/**
 * `failing`: those whose every try fails. `undecided`: also those for which this attempt had too little time.
 */
export type GiveUp = 'failing' | 'undecided';

/** What attempts at a chunk have written, or may have. */
interface Writes {
  /** Whether an earlier attempt at the chunk may have worked on its target groups. */
  readonly begun: boolean;
  /** Epoch ms from which on no write of this attempt can still arrive. */
  certainFrom: number;
}

/** Decides the outcome of one target group. It is called again when it throws. */
export type DecideOutcome = (targetGroupId: string, writes: Writes) => Promise<Outcome>;

/**
 * Works on the chunk of a message. When it returns, the message may be deleted: the chunk has its result and
 * is added to its job.
 *
 * @throws ChunkTakenError when another owner holds the claim on the chunk
 * @throws ChunkUnfinishedError when the chunk must be handed back; its claim then ends within seconds
 * @throws what the store throws when it fails for the chunk itself or for its job
 */
export async function runChunk(deps: RunChunkDeps, attempt: Attempt): Promise<void> {
  const chunkDeps = withSubject(deps, makeChunkSubject(attempt.work));
  await settleChunk(chunkDeps, attempt, (id, writes) => moveTargetGroup(chunkDeps, attempt.work, id, writes));
}

/**
 * Claims a chunk, decides the outcome of each of its target groups with `decideOutcome`, writes the result,
 * and adds the chunk to its job.
 *
 * @throws the same errors as `runChunk`
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
    // The job's life has ended, for example when a dead letter is sent again late. Its result may be deleted
    // already, so nothing would show that the target groups have their outcomes.
    journal.note({ event: 'chunk.expired', jobId: chunk.jobId, chunk: chunk.index });
    return;
  }
  const claim = await claimChunk(deps, work, owner, start);
  if (claim === 'settled') return;

  const writes = { begun: claim.begun, certainFrom: start };
  let failures: FailureGroup[];
  let written: boolean;
  try {
    const outcomes = await decideOutcomes(deps, attempt, (id) => decideOutcome(id, writes));
    failures = groupFailures(ids, outcomes);
    written = await chunks.settle(chunk, owner, failures, clock.now());
  } catch (error) {
    await handBack(deps, attempt, writes);
    throw error;
  }
  if (!written) {
    // Our claim ended and another owner claimed the chunk. To claim it again shows its state. If it is
    // settled, `claimChunk` adds it to the job and the message may be deleted. If the other owner still holds
    // it, `claimChunk` throws. If the claim is now ours, the chunk has no result, so it is handed back.
    journal.note({ event: 'race.lost', race: 'settle', jobId: chunk.jobId });
    if ((await claimChunk(deps, work, owner, clock.now())) !== 'settled') {
      await chunks.release(chunk, owner, clock.now());
      throw makeUnfinishedError(chunk, 'Its claim was lost before its result was written.');
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
    failuresByCode: countFailuresByCode(failures),
    ms: clock.now() - start,
  });
  await addChunkToJob(deps, work, { broken: isBroken(failures), repeated: false });
}

/**
 * Ends the claim once none of our writes can arrive any more, so that the next attempt sees what they did.
 * The time until then is waited for, instead of written into the claim: the next attempt has another clock,
 * by which that time may be over already. Without the time to wait, the claim ends by itself:
 *
 *   move ──no answer── handed back ──── draft: refused ──── user pauses ──── the first write arrives: live
 *                             └─ the next attempt, whose clock is a minute ahead, would find the chunk free
 */
async function handBack(
  { chunks, clock }: RunChunkDeps,
  { work: { chunk }, owner, handBackBy = Infinity }: Attempt,
  { certainFrom }: Writes,
): Promise<void> {
  if (certainFrom > handBackBy) return;
  // A pause may end after half of its time.
  while (clock.now() < certainFrom) await clock.pause(certainFrom - clock.now());
  // This may fail, or do nothing because the result is stored: then too the claim ends by itself.
  await chunks.release(chunk, owner, clock.now()).catch(() => undefined);
}

/**
 * Claims the chunk for this attempt. If it is settled already, makes sure that its job has it.
 *
 * @returns `settled` when nothing is left to do; otherwise the claim, which this attempt now holds
 * @throws ChunkTakenError when another owner holds the claim
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
      // The attempt that settled it may have died before it added the chunk to its job. Adding twice is safe.
      journal.note({ event: 'chunk.repeated', jobId, chunk: index });
      await addChunkToJob(deps, work, { broken: isBroken(claim.failures), repeated: true });
      return 'settled';
  }
}

/**
 * Decides the outcomes of all target groups of the chunk, several at once, each with retries.
 *
 * @throws ChunkUnfinishedError when some have no outcome, because the time is up or every try failed
 */
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
        await retryUntilCertain(clock, stopAt, () => failUnreadableRecord(id, () => decideOutcome(id))),
      );
    } catch (error) {
      // When only the time was too short, there will be another attempt at the chunk.
      const outOfTime = error instanceof OutOfTimeError;
      if (giveUp === 'failing' && !outOfTime) outcomes.push({ targetGroupId: id, failure: NOT_READ });
      else cause ??= outOfTime ? error.cause : error;
    }
  };
  await runInParallel(ids, settings.parallelism, decideOne, () => clock.now() < stopAt);
  if (giveUp === 'undecided') {
    const decided = new Set(outcomes.map(({ targetGroupId }) => targetGroupId));
    const undecided = ids.filter((id) => !decided.has(id));
    outcomes.push(...undecided.map((targetGroupId) => ({ targetGroupId, failure: NOT_READ })));
  }
  const unfinished = ids.length - outcomes.length;
  if (unfinished === 0) return outcomes;
  journal.note({ event: 'chunk.handed-back', jobId: chunk.jobId, chunk: chunk.index, unfinished, cause });
  throw makeUnfinishedError(chunk, `${unfinished} of its target groups could not be processed now.`, cause);
}

/**
 * Turns a record that is damaged, or has a format of a later release, into an `InternalError` at once. A
 * retry would find it the same, and the chunk would wait for it until the deadline (ADR 37).
 */
async function failUnreadableRecord(
  targetGroupId: string,
  decideOutcome: () => Promise<Outcome>,
): Promise<Outcome> {
  try {
    return await decideOutcome();
  } catch (error) {
    if (error instanceof InconsistentStoreError) return { targetGroupId, failure: RECORD_DAMAGED };
    if (error instanceof UnknownFormatError) return { targetGroupId, failure: RECORD_UNREADABLE };
    throw error;
  }
}

/**
 * Moves a target group with one conditional write. Reads it when the write is refused, to decide why.
 *
 * If an earlier attempt at the chunk may have moved it, it is read first, because one that was moved needs no
 * second write. So each attempt at a chunk gets further than the last.
 *
 * @throws TargetGroupChangedError when it changed between the write and the read
 * @throws UncertainWriteError when the write may still be carried out
 * @throws what else the store throws: InconsistentStoreError for a damaged record, UnknownFormatError for one
 *   of a later format
 */
async function moveTargetGroup(
  { groups, clock, journal }: RunChunkDeps,
  { chunk, job: { action, createdBy } }: ChunkWork,
  targetGroupId: string,
  writes: Writes,
): Promise<Outcome> {
  const key = { accountId: chunk.accountId, projectId: chunk.projectId, targetGroupId };
  const mark = makeMark(chunk);
  const now = formatTimestamp(clock.now());
  const readOutcome = async () =>
    deriveOutcome(targetGroupId, decide(action, await groups.find(key), mark, now));

  const before = writes.begun ? await readOutcome() : undefined;
  if (before !== undefined) return before;
  try {
    if (await moveOrMarkUncertain(groups, key, { action, mark, now, by: createdBy }))
      return { targetGroupId };
  } catch (error) {
    // From now on, because a function that was suspended may have sent the write long after `now`.
    if (error instanceof UncertainWriteError) writes.certainFrom = clock.now() + LATE_WRITES_MS;
    throw error;
  }
  const after = await readOutcome();
  if (after !== undefined) return after;
  // Somebody changed it after our write was refused and before we read it: the read shows no reason.
  journal.note({ event: 'race.lost', race: 'move', jobId: chunk.jobId });
  throw new TargetGroupChangedError('A target group changed between our write and our read.', { ...key });
}

/**
 * Moves a target group, and turns every error after which the write may still be carried out into an
 * UncertainWriteError.
 */
async function moveOrMarkUncertain(groups: TargetGroups, key: TargetGroupKey, move: Move): Promise<boolean> {
  try {
    return await groups.move(key, move);
  } catch (error) {
    // These errors say already whether the write can still arrive.
    const classified = [ThrottledError, InconsistentStoreError, UnknownFormatError, UncertainWriteError];
    if (classified.some((kind) => error instanceof kind)) throw error;
    throw new UncertainWriteError('A write has no answer.', { ...key }, { cause: error });
  }
}

/**
 * Adds a settled chunk to its job, and takes the job out of the index of open jobs if that was the last
 * chunk. May be repeated: a set holds a chunk once (ADR 3), and only one call closes the job.
 *
 * The only chunk of a job always ends the job, so one write does both. When a job has several chunks, only
 * the answer of the first write shows whether the chunk was the last one (ADR 4).
 *
 * @param repeated whether the chunk was settled before this attempt, so that the job may have it already
 */
async function addChunkToJob(
  deps: RunChunkDeps,
  { chunk, only }: ChunkWork,
  { broken, repeated }: { readonly broken: boolean; readonly repeated: boolean },
): Promise<void> {
  const { jobs, clock, journal } = deps;
  const { jobId } = chunk;
  const now = clock.now();
  const ended = only ? await jobs.addOnlyChunk(chunk, broken, now) : undefined;
  const job = only ? ended?.job : await jobs.addChunk(chunk, broken);
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
    // Another delivery found our result and closed the job first, or the answer of our first try was lost.
    journal.note({ event: 'race.lost', race: 'close', jobId });
  } else {
    await closeIfEnded(deps, job);
  }
}

/**
 * Takes a job out of the index of open jobs if it has ended. A crash before this write is harmless: the job's
 * status follows from its settled chunks, and reconcile takes the job out of the index later.
 */
export async function closeIfEnded(
  { openJobs, clock, journal }: Pick<RunChunkDeps, 'openJobs' | 'clock' | 'journal'>,
  job: Job,
): Promise<void> {
  if (deriveStatus(job) === 'Processing' || !job.open) return;
  const now = clock.now();
  if (await openJobs.close(job, now)) noteEnd(journal, job, now);
  else journal.note({ event: 'race.lost', race: 'close', jobId: job.jobId });
}

/** @param now time at which the job was closed, epoch ms */
function noteEnd(journal: Journal, job: Job, now: number): void {
  journal.note({
    event: 'job.finished',
    jobId: job.jobId,
    status: deriveStatus(job),
    ms: now - Date.parse(job.createdAt),
  });
}

function makeUnfinishedError(chunk: ChunkKey, why: string, cause?: unknown): ChunkUnfinishedError {
  return new ChunkUnfinishedError(
    `Chunk ${chunk.index} of job ${chunk.jobId} is not finished. ${why}`,
    { ...chunk },
    { cause },
  );
}
