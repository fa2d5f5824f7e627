/** Simulates users who pause, resume, archive and complete target groups while jobs work on them. */
import { type Action, getTransition } from '../../../src/domain/actions.ts';
import type { FieldingRunStatus, TargetGroup, TargetGroupKey } from '../../../src/domain/target-group.ts';
import { formatTimestamp } from '../../../src/domain/time.ts';
import { makeGroupName } from '../auditor/history.ts';
import { HOUR, MINUTE, SECOND } from './simulated-times.ts';
import type { SimulatedSystem } from './simulated-system.ts';

export function startUsers(system: SimulatedSystem): void {
  const { profile, random, scheduler, useCases } = system;
  for (let i = 0; i < profile.interferences; i += 1) {
    scheduler.runAfter(random.int(0, random.pick([SECOND, 30 * SECOND, 5 * MINUTE, HOUR])), () => {
      if (useCases.targetGroupRecords.all.length > 0)
        changeAtRandom(system, random.pick(useCases.targetGroupRecords.all));
    });
  }
}

/** The status that undoes a job's move, by the status after that move. */
const UNDONE_STATUS: Partial<Record<FieldingRunStatus, FieldingRunStatus>> = {
  live: 'paused',
  paused: 'live',
  completed: 'live',
};

/** Lets a user undo a job's move, with the probability of the profile. */
export function react(system: SimulatedSystem, key: TargetGroupKey): void {
  const { profile, random, scheduler } = system;
  if (!random.chance(profile.reaction)) return;
  scheduler.runAfter(random.int(1, random.pick([50, 5 * SECOND, 2 * MINUTE])), () => {
    const found = findGroup(system, key);
    const back = found && UNDONE_STATUS[found.status];
    if (found !== undefined && back !== undefined) changeStatus(system, found, back);
  });
}

/** Lets a user archive and then pause a target group that a worker is about to move. */
export function archiveAndPause(system: SimulatedSystem, key: TargetGroupKey): void {
  const { profile, random, scheduler } = system;
  if (!random.chance(profile.reaction / 2)) return;
  let ms = 0;
  for (const status of ['archived', 'paused'] as const) {
    ms += random.int(1, random.pick([SECOND, 20 * SECOND]));
    scheduler.runAfter(ms, () => {
      const found = findGroup(system, key);
      if (found !== undefined) changeStatus(system, found, status);
    });
  }
}

/**
 * Lets a user archive a target group whose move has no answer, so that a later try is refused, and make it
 * movable again shortly before that move arrives.
 */
export function provoke(
  system: SimulatedSystem,
  key: TargetGroupKey,
  action: Action,
  arrivesInMs: number,
): void {
  const { profile, random, scheduler } = system;
  if (!random.chance(profile.spite)) return;
  const archivedIn = random.int(1, random.pick([20, SECOND]));
  const movableIn = arrivesInMs - random.int(1, random.pick([20, SECOND]));
  if (movableIn <= archivedIn) return;
  const [movable] = getTransition(action).from;
  for (const [ms, status] of [
    [archivedIn, 'archived'],
    [movableIn, movable],
  ] as const) {
    scheduler.runAfter(ms, () => {
      const found = findGroup(system, key);
      if (found !== undefined && status !== undefined) changeStatus(system, found, status);
    });
  }
}

function changeAtRandom(system: SimulatedSystem, group: TargetGroup): void {
  const { random } = system;
  if (random.chance(0.05)) {
    // The goal is reached. The status does not change, so the version stays.
    system.useCases.targetGroupRecords.put({ ...group, currentCompletes: group.completesGoal });
    return;
  }
  changeStatus(
    system,
    group,
    random.pick(['paused', 'paused', 'live', 'scheduled', 'completed', 'archived', 'draft']),
  );
}

function findGroup({ useCases }: SimulatedSystem, key: TargetGroupKey): TargetGroup | undefined {
  return useCases.targetGroupRecords.all.find((group) => makeGroupName(group) === makeGroupName(key));
}

function changeStatus(system: SimulatedSystem, group: TargetGroup, status: FieldingRunStatus): void {
  if (group.status === status) return;
  system.trace(() => `user: ${makeGroupName(group)} ${group.status} -> ${status}`);
  system.useCases.targetGroupRecords.put({
    ...group,
    status,
    version: group.version + 1,
    lastChangedAt: formatTimestamp(system.scheduler.now),
    lastChangedBy: 'user',
  });
}
