/**
 * Works on one chunk of a job, from its message to its result. `settleChunk` is the whole flow in four steps:
 *
 *   1. claim the chunk                              `claimChunk`
 *   2. decide the outcome of each target group      `decideOutcomes`
 *   3. settle the chunk: write its result           `Chunks.settle`
 *   4. add the chunk to its job                     `addChunkToJob`
 *
 * The functions below are in this order. In step 2 each target group is moved until the job's deadline, and
 * only read from then on, whoever does it: a worker with the message of a chunk (`runChunk`) or with a
 * give-up (`giveUpChunk`), or reconcile. Each is tried again while there is time (`retry.ts`).
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
import { chooseGiveUp, computeDeadline } from '../domain/deadline.ts';
import { LATE_WRITES_MS } from '../domain/late-writes.ts';
import { runInParallel } from '../domain/run-in-parallel.ts';
import {
  type ChunkKey,
  type FailureGroup,
  countFailuresByCode,
  groupFailures,
  isBroken,
} from '../domain/job.ts';
import {
  GIVEN_UP,
  type GiveUpReason,
  NOT_READ,
  RECORD_DAMAGED,
  RECORD_UNREADABLE,
  type Outcome,
  decide,
  makeMark,
  deriveOutcome,
} from '../domain/outcome.ts';
import type { TargetGroup, TargetGroupKey } from '../domain/target-group.ts';
import { formatTimestamp } from '../domain/time.ts';
import type { Chunks } from '../ports/chunks.ts';
import type { Move, MoveResult, TargetGroups } from '../ports/target-groups.ts';
import type { ChunkWork, GiveUpWork, WorkQueue } from '../ports/work-queue.ts';
import { type AddChunkDeps, addChunkToJob } from './add-chunk-to-job.ts';
import { OutOfTimeError, retryUntilCertain, retryWithBackoff } from './retry.ts';
import { makeChunkSubject, withSubject } from './with-subject.ts';

export interface RunChunkDeps extends AddChunkDeps {
  readonly chunks: Chunks;
  readonly groups: TargetGroups;
  readonly settings: {
    /** Number of target groups that are worked on at once. */
    readonly parallelism: number;
    /**
     * Length of a claim: longer than the function can run and its last write can take, plus the clock skew
     * between two machines.
     */
    readonly claimMs: number;
    /** Age at its deadline of a job that was created without one. */
    readonly deadlineMs: number;
  };
}

export interface GiveUpChunkDeps extends RunChunkDeps {
  readonly giveUps: WorkQueue<GiveUpWork>;
}

/** One attempt at a chunk. */
export interface Attempt<Work extends ChunkWork = ChunkWork> {
  readonly work: Work;
  /** Unique name of this attempt, the owner of its claim. */
  readonly owner: string;
  /** Epoch ms after which no further target group is started. */
  readonly stopAt: number;
  /** Epoch ms after which a claim is left to end by itself, because it is too late to hand it back. */
  readonly handBackBy?: number;
}

/** What attempts at a chunk have written, or may have. */
interface Writes {
  /** Whether an earlier attempt at the chunk may have worked on its target groups. */
  readonly begun: boolean;
  /** Epoch ms from which on no write of this attempt can still arrive. */
  certainFrom: number;
}

/** A margin for small differences of clocks. After a larger one, the give-up meets the claim once more. */
const AFTER_CLAIM_MS = 1_000;

/**
 * Works on the chunk of a message: moves its target groups until the job's deadline, and only reads them from
 * then on. When it returns, the message may be deleted: the chunk has its result and is added to its job.
 *
 * @throws ChunkTakenError when another owner holds the claim on the chunk
 * @throws ChunkUnfinishedError when the chunk must be handed back; its claim then ends within seconds
 * @throws what the store throws when it fails for the chunk itself or for its job
 */
export async function runChunk(deps: RunChunkDeps, attempt: Attempt): Promise<void> {
  const chunkDeps = withSubject(deps, makeChunkSubject(attempt.work));
  const deadline = computeDeadline({ ...attempt.work.job, ...attempt.work.chunk }, deps.settings.deadlineMs);
  await settleChunk(chunkDeps, attempt, (id, writes) =>
    moveUntilDeadline(chunkDeps, attempt.work, id, writes, deadline),
  );
}

/**
 * Settles the chunk of a give-up by reading. If another owner holds its claim, that owner decides, and the
 * give-up returns once the claim has ended. It is sent as a new message, because the queue counts the
 * deliveries of a message, and one that only waits must not become a dead letter.
 *
 * @throws the same errors as `runChunk`, but no ChunkTakenError
 * @throws EnqueueFailedError when the give-up could not be sent again
 */
export async function giveUpChunk(deps: GiveUpChunkDeps, attempt: Attempt<GiveUpWork>): Promise<void> {
  const { work, stopAt, handBackBy } = attempt;
  const chunkDeps = withSubject(deps, makeChunkSubject(work));
  try {
    await settleByReading(chunkDeps, attempt, work.reason);
  } catch (error) {
    if (!(error instanceof ChunkTakenError)) throw error;
    const delayMs = Math.max(0, error.until - deps.clock.now()) + AFTER_CLAIM_MS;
    await deps.giveUps.send([work], { until: handBackBy ?? stopAt, delayMs });
  }
}

/**
 * Settles a chunk by reading its target groups, without moving any.
 *
 * @throws the same errors as `runChunk`
 */
export async function settleByReading(
  deps: RunChunkDeps,
  attempt: Attempt,
  reason: GiveUpReason,
): Promise<void> {
  await settleChunk(deps, attempt, (id) => decideByReading(deps, attempt.work, id, reason));
}

/**
 * Claims a chunk, decides the outcome of each of its target groups with `decideOutcome`, writes the result,
 * and adds the chunk to its job.
 *
 * @param decideOutcome is called again when it throws
 * @throws the same errors as `runChunk`
 */
async function settleChunk(
  deps: RunChunkDeps,
  attempt: Attempt,
  decideOutcome: (targetGroupId: string, writes: Writes) => Promise<Outcome>,
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
  if (start >= attempt.stopAt) {
    // The chunks before it in the batch took all the time. After a claim the next attempt would read first.
    journal.note({
      event: 'chunk.handed-back',
      jobId: chunk.jobId,
      chunk: chunk.index,
      unfinished: ids.length,
      cause: undefined,
    });
    throw makeUnfinishedError(chunk, 'No time was left to begin with it.');
  }
  const claim = await claimChunk(deps, work, owner, start);
  if (claim === 'settled') return;

  const writes = { begun: claim.begun, certainFrom: start };
  let failures: FailureGroup[];
  let written: boolean;
  try {
    const outcomes = await decideOutcomes(deps, attempt, (id) => decideOutcome(id, writes));
    failures = groupFailures(ids, outcomes);
    const settle = () => chunks.settle(chunk, owner, failures, clock.now());
    // If this failed, the next attempt would read every target group, or find a result that nobody reports.
    written = await retryWithBackoff(clock, attempt.stopAt, settle);
  } catch (error) {
    await handBack(deps, attempt, writes);
    throw error instanceof OutOfTimeError ? error.cause : error;
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
      throw new ChunkTakenError('Another worker holds the chunk.', claim.until, { ...chunk });
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
  { work: { chunk, job, ids }, stopAt }: Attempt,
  decideOutcome: (targetGroupId: string) => Promise<Outcome>,
): Promise<Outcome[]> {
  const giveUp = chooseGiveUp({ ...job, ...chunk }, settings.deadlineMs, { now: clock.now(), stopAt });
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
 * Moves a target group until the job's deadline, and decides about it by reading it from then on.
 *
 * If an earlier attempt at the chunk may have moved it, it is read first, because one that was moved needs no
 * second write. So each attempt at a chunk gets further than the last. The time is taken after that read, so
 * that nothing is sent after the deadline.
 *
 * @param deadline epoch ms
 * @throws the same errors as `moveTargetGroup`
 */
async function moveUntilDeadline(
  deps: RunChunkDeps,
  work: ChunkWork,
  targetGroupId: string,
  writes: Writes,
  deadline: number,
): Promise<Outcome> {
  let now = deps.clock.now();
  if (writes.begun || now >= deadline) {
    const found = await findTargetGroup(deps, work, targetGroupId);
    now = deps.clock.now();
    const outcome = deriveFound(work, targetGroupId, found, now);
    if (outcome !== undefined) return outcome;
    if (now >= deadline) return { targetGroupId, failure: GIVEN_UP.deadline };
  }
  return moveTargetGroup(deps, work, targetGroupId, writes, now);
}

/**
 * Moves a target group with one conditional write. When the write is refused, the target group as it was then
 * shows why; it is read if the store does not bring it.
 *
 * @param now time of the move, epoch ms
 * @throws TargetGroupChangedError when it changed between the write and the read
 * @throws UncertainWriteError when the write may still be carried out
 * @throws what else the store throws: InconsistentStoreError for a damaged record, UnknownFormatError for one
 *   of a later format
 */
async function moveTargetGroup(
  deps: RunChunkDeps,
  work: ChunkWork,
  targetGroupId: string,
  writes: Writes,
  now: number,
): Promise<Outcome> {
  const { groups, clock, journal } = deps;
  const { chunk, job } = work;
  const key = makeTargetGroupKey(chunk, targetGroupId);
  const move = { action: job.action, mark: makeMark(chunk), now: formatTimestamp(now), by: job.createdBy };
  let result: MoveResult;
  try {
    result = await moveOrMarkUncertain(groups, key, move);
  } catch (error) {
    // From now on, because a function that was suspended may have sent the write long after `now`.
    if (error instanceof UncertainWriteError) writes.certainFrom = clock.now() + LATE_WRITES_MS;
    throw error;
  }
  if (result.moved) return { targetGroupId };
  const found = result.found ?? (await findTargetGroup(deps, work, targetGroupId));
  const after = deriveFound(work, targetGroupId, found, now);
  if (after !== undefined) return after;
  // Somebody changed it after our write was refused and before we read it: the read shows no reason.
  journal.note({ event: 'race.lost', race: 'move', jobId: chunk.jobId });
  throw new TargetGroupChangedError('A target group changed between our write and our read.', { ...key });
}

/**
 * Moves a target group, and turns every error after which the write may still be carried out into an
 * UncertainWriteError.
 */
async function moveOrMarkUncertain(
  groups: TargetGroups,
  key: TargetGroupKey,
  move: Move,
): Promise<MoveResult> {
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
 * Decides the outcome of a target group that is given up by reading it, without moving it.
 *
 * A target group that has the job's mark or the target status is updated. One that may not move is refused as
 * always. One that could still move ends as `InternalError`. The caller holds the claim on the chunk, so
 * nobody moves the target group for this job after this read.
 *
 * @throws what the store throws
 */
async function decideByReading(
  deps: RunChunkDeps,
  work: ChunkWork,
  targetGroupId: string,
  reason: GiveUpReason,
): Promise<Outcome> {
  const found = await findTargetGroup(deps, work, targetGroupId);
  const outcome = deriveFound(work, targetGroupId, found, deps.clock.now());
  return outcome ?? { targetGroupId, failure: GIVEN_UP[reason] };
}

const makeTargetGroupKey = ({ accountId, projectId }: ChunkKey, targetGroupId: string): TargetGroupKey => ({
  accountId,
  projectId,
  targetGroupId,
});

function findTargetGroup({ groups }: RunChunkDeps, { chunk }: ChunkWork, targetGroupId: string) {
  return groups.find(makeTargetGroupKey(chunk, targetGroupId));
}

/** Derives the outcome of a target group as it was found. Undefined if it can be moved. */
function deriveFound(
  { chunk, job }: ChunkWork,
  targetGroupId: string,
  found: TargetGroup | undefined,
  now: number,
): Outcome | undefined {
  return deriveOutcome(targetGroupId, decide(job.action, found, makeMark(chunk), formatTimestamp(now)));
}

function makeUnfinishedError(chunk: ChunkKey, why: string, cause?: unknown): ChunkUnfinishedError {
  return new ChunkUnfinishedError(
    `Chunk ${chunk.index} of job ${chunk.jobId} is not finished. ${why}`,
    { ...chunk },
    { cause },
  );
}
