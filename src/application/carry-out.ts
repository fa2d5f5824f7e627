/** Decides the outcome of one target group of a job: by moving it, or, past the deadline, by looking at it. */
import {
  InconsistentStoreError,
  TargetGroupChangedError,
  ThrottledError,
  UncertainWriteError,
} from '../domain/errors.ts';
import {
  type Decision,
  NOT_CARRIED_OUT,
  NOT_UNDERSTOOD,
  type Outcome,
  decide,
  markOf,
} from '../domain/outcome.ts';
import { timestamp } from '../domain/time.ts';
import type { Clock } from '../ports/clock.ts';
import type { Journal } from '../ports/journal.ts';
import type { Move, TargetGroups } from '../ports/target-groups.ts';
import type { TargetGroupKey } from '../domain/target-group.ts';
import type { ChunkWork } from '../ports/work-queue.ts';

export interface CarryOutWorld {
  readonly groups: TargetGroups;
  readonly clock: Clock;
  readonly journal: Journal;
}

/**
 * Moves a target group, or finds out why it does not move. One conditional write decides.
 *
 * @param begun whether somebody may have worked on it before, for the same job. Then it is read first: what was
 *   moved needs no second write, so that a chunk that takes several attempts, because the table is throttled or
 *   its workers die, gets further with each of them
 * @throws TargetGroupChangedError when it changed between write and read, UncertainWriteError when the write may
 *   or may not be carried out, and whatever else the store throws: to be tried again
 */
export function carryOut(
  world: CarryOutWorld,
  work: ChunkWork,
  targetGroupId: string,
  begun: boolean,
): Promise<Outcome> {
  const { groups, clock, journal } = world;
  const { key, mark, action } = named(work, targetGroupId);
  const look = async (now: string) =>
    outcomeOf(targetGroupId, decide(action, await groups.find(key), mark, now));

  return orDamaged(targetGroupId, async () => {
    const now = timestamp(clock.now());
    const before = begun ? await look(now) : undefined;
    if (before !== undefined) return before;
    if (await move(groups, key, { action, mark, now, by: work.job.createdBy })) return { targetGroupId };
    const after = await look(now);
    if (after !== undefined) return after;
    // A user changed it after our write was refused and before we read it.
    journal.note({ event: 'race.lost', race: 'move', jobId: work.chunk.jobId });
    throw new TargetGroupChangedError('A target group changed between our write and our read.', { ...key });
  });
}

/**
 * The outcome of a target group that nobody will work on any more. It is read, not moved: what bears the
 * job's mark was moved by it and is updated, what could not have moved is refused as always, and the rest was
 * not carried out. Whoever asks holds the claim of its chunk, so that no worker moves it after it was read.
 *
 * @throws whatever the store throws
 */
export function giveUp(world: CarryOutWorld, work: ChunkWork, targetGroupId: string): Promise<Outcome> {
  const { key, mark, action } = named(work, targetGroupId);
  return orDamaged(targetGroupId, async () => {
    const found = await world.groups.find(key);
    const decision = decide(action, found, mark, timestamp(world.clock.now()));
    return outcomeOf(targetGroupId, decision) ?? { targetGroupId, failure: NOT_CARRIED_OUT };
  });
}

/** @throws UncertainWriteError for every failure after which the write may still be carried out */
async function move(groups: TargetGroups, key: TargetGroupKey, how: Move): Promise<boolean> {
  try {
    return await groups.move(key, how);
  } catch (error) {
    const certain = [ThrottledError, InconsistentStoreError, UncertainWriteError];
    if (certain.some((kind) => error instanceof kind)) throw error;
    throw new UncertainWriteError('A write has no answer.', { ...key }, { cause: error });
  }
}

/** @returns undefined when it is to be moved */
function outcomeOf(targetGroupId: string, decision: Decision): Outcome | undefined {
  switch (decision.kind) {
    case 'updated':
      return { targetGroupId };
    case 'refused':
      return { targetGroupId, failure: decision.failure };
    case 'move':
      return undefined;
  }
}

/** A record that cannot be understood will not be the next time: the rest of the job need not wait for it. */
async function orDamaged(targetGroupId: string, decideOutcome: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await decideOutcome();
  } catch (error) {
    if (error instanceof InconsistentStoreError) return { targetGroupId, failure: NOT_UNDERSTOOD };
    throw error;
  }
}

function named({ chunk, job }: ChunkWork, targetGroupId: string) {
  const { accountId, projectId } = chunk;
  return { key: { accountId, projectId, targetGroupId }, mark: markOf(chunk), action: job.action };
}
