/** Decides the outcome of one target group of a job: by moving it, or, past the deadline, by looking at it. */
import { InconsistentStoreError, TargetGroupChangedError } from '../domain/errors.ts';
import {
  NOT_CARRIED_OUT,
  NOT_UNDERSTOOD,
  type Failure,
  type Outcome,
  decide,
  markOf,
} from '../domain/outcome.ts';
import { timestamp } from '../domain/time.ts';
import type { Clock } from '../ports/clock.ts';
import type { Journal } from '../ports/journal.ts';
import type { TargetGroups } from '../ports/target-groups.ts';
import type { ChunkWork } from '../ports/work-queue.ts';

export interface CarryOutWorld {
  readonly groups: TargetGroups;
  readonly clock: Clock;
  readonly journal: Journal;
}

/**
 * Moves a target group, or finds out why it does not move. One conditional write decides.
 *
 * @throws TargetGroupChangedError when it changed between the two, and whatever the store throws: to be tried again
 */
export function carryOut(world: CarryOutWorld, work: ChunkWork, targetGroupId: string): Promise<Outcome> {
  const { groups, clock, journal } = world;
  const { key, mark, action } = named(work, targetGroupId);
  return orDamaged(targetGroupId, async () => {
    const now = timestamp(clock.now());
    if (await groups.move(key, { action, mark, now, by: work.job.createdBy })) return { targetGroupId };
    const decision = decide(action, await groups.find(key), mark, now);
    switch (decision.kind) {
      case 'updated':
        return { targetGroupId };
      case 'refused':
        return failed(targetGroupId, decision.failure);
      case 'move':
        // A user changed it after our write was refused and before we read it.
        journal.note({ event: 'race.lost', race: 'move', jobId: work.chunk.jobId });
        throw new TargetGroupChangedError('A target group changed between our write and our read.', {
          ...key,
        });
    }
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
    switch (decision.kind) {
      case 'updated':
        return { targetGroupId };
      case 'refused':
        return failed(targetGroupId, decision.failure);
      case 'move':
        return failed(targetGroupId, NOT_CARRIED_OUT);
    }
  });
}

/** A record that cannot be understood will not be the next time: the rest of the job need not wait for it. */
async function orDamaged(targetGroupId: string, decideOutcome: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await decideOutcome();
  } catch (error) {
    if (error instanceof InconsistentStoreError) return failed(targetGroupId, NOT_UNDERSTOOD);
    throw error;
  }
}

function named({ chunk, job }: ChunkWork, targetGroupId: string) {
  const { accountId, projectId } = chunk;
  return { key: { accountId, projectId, targetGroupId }, mark: markOf(chunk), action: job.action };
}

function failed(targetGroupId: string, failure: Failure): Outcome {
  return { targetGroupId, failure };
}
