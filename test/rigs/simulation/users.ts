/** Simulates users who pause, resume, archive and complete target groups while jobs work on them. */
import type { FieldingRunStatus, TargetGroup, TargetGroupKey } from '../../../src/domain/target-group.ts';
import { timestamp } from '../../../src/domain/time.ts';
import { nameOf } from '../auditor/history.ts';
import { HOUR, MINUTE, SECOND } from './timing.ts';
import type { World } from './world.ts';

export function startUsers(world: World): void {
  const { profile, random, scheduler, system } = world;
  for (let i = 0; i < profile.interferences; i += 1) {
    scheduler.after(random.int(0, random.pick([SECOND, 30 * SECOND, 5 * MINUTE, HOUR])), () => {
      if (system.groupRecords.all.length > 0) interfere(world, random.pick(system.groupRecords.all));
    });
  }
}

/** The status that undoes a job's move, by the status after that move. */
const BACK: Partial<Record<FieldingRunStatus, FieldingRunStatus>> = {
  live: 'paused',
  paused: 'live',
  completed: 'live',
};

/** Lets a user undo a job's move, with the probability of the profile. */
export function react(world: World, key: TargetGroupKey): void {
  const { profile, random, scheduler } = world;
  if (!random.chance(profile.reaction)) return;
  scheduler.after(random.int(1, random.pick([50, 5 * SECOND, 2 * MINUTE])), () => {
    const found = find(world, key);
    const back = found && BACK[found.status];
    if (found !== undefined && back !== undefined) change(world, found, back);
  });
}

/** Lets a user archive and then pause a target group that a worker is about to move. */
export function waver(world: World, key: TargetGroupKey): void {
  const { profile, random, scheduler } = world;
  if (!random.chance(profile.reaction / 2)) return;
  let ms = 0;
  for (const status of ['archived', 'paused'] as const) {
    ms += random.int(1, random.pick([SECOND, 20 * SECOND]));
    scheduler.after(ms, () => {
      const found = find(world, key);
      if (found !== undefined) change(world, found, status);
    });
  }
}

function interfere(world: World, group: TargetGroup): void {
  const { random } = world;
  if (random.chance(0.05)) {
    // The goal is reached. The status does not change, so the version stays.
    world.system.groupRecords.put({ ...group, currentCompletes: group.completesGoal });
    return;
  }
  change(
    world,
    group,
    random.pick(['paused', 'paused', 'live', 'scheduled', 'completed', 'archived', 'draft']),
  );
}

function find({ system }: World, key: TargetGroupKey): TargetGroup | undefined {
  return system.groupRecords.all.find((group) => nameOf(group) === nameOf(key));
}

function change(world: World, group: TargetGroup, status: FieldingRunStatus): void {
  if (group.status === status) return;
  world.trace(() => `user: ${nameOf(group)} ${group.status} -> ${status}`);
  world.system.groupRecords.put({
    ...group,
    status,
    version: group.version + 1,
    lastChangedAt: timestamp(world.scheduler.now),
    lastChangedBy: 'user',
  });
}
