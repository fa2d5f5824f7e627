/** Who asks for what in a world: the target groups that there are, and the calls that clients make. */
import { ids as makeIds } from './ids.ts';
import { ACTION_NAMES, type Action } from '../../../src/domain/actions.ts';
import type { CreationKey } from '../../../src/domain/digest.ts';
import type { Tenant } from '../../../src/domain/ids.ts';
import type { TargetGroup } from '../../../src/domain/target-group.ts';
import { timestamp } from '../../../src/domain/time.ts';
import type { Profile } from './profile.ts';
import type { Random } from './random.ts';
import { DEADLINE_MS, HOUR, MINUTE } from './timing.ts';

/** One call of a client, and what follows from it. */
export interface Attempt {
  /** ms from the start of the world. */
  readonly at: number;
  /** As they are sent: any order, with duplicates. */
  readonly ids: readonly string[];
  /** Whether the client has hung up by the time of the answer. */
  readonly givesUp: boolean;
  /** How many times it asks again when it has no 201. */
  readonly retries: number;
}

export interface Order {
  readonly key: CreationKey;
  /** One creator per key. */
  readonly createdBy: string;
  readonly attempts: readonly Attempt[];
}

export interface Plan {
  readonly chunkSize: number;
  readonly parallelism: number;
  readonly tenants: readonly Tenant[];
  readonly groups: readonly TargetGroup[];
  readonly orders: readonly Order[];
}

/** Two accounts with projects of the same name, and two projects of one account: ids overlap between all. */
const TENANTS: readonly Tenant[] = [
  { accountId: 101, projectId: 'PROJECT0000000000000000001' },
  { accountId: 101, projectId: 'PROJECT0000000000000000002' },
  { accountId: 102, projectId: 'PROJECT0000000000000000001' },
];

/**
 * A target group keeps the marks of the last six jobs that moved it. The promise is for five other jobs at
 * the most between a crash and the redelivery of its chunk, so no world has more than six jobs.
 */
const MOST_ORDERS = 6;

const STATUSES = [
  'paused',
  'paused',
  'paused',
  'paused',
  'live',
  'scheduled',
  'draft',
  'archived',
  'completed',
] as const;

const GROUP_IDS = makeIds('T', 8);

/** @param actions that the orders are of; half of them resume: what users undo most is what a job has resumed */
export function randomPlan(
  random: Random,
  profile: Profile,
  start: number,
  actions: readonly Action[] = ACTION_NAMES,
): Plan {
  const tenants = random.shuffled(TENANTS).slice(0, random.pick([1, 1, 2, 3]));
  const presence = random.pick([0.6, 1]);
  const groups = tenants.flatMap((tenant) =>
    random
      .some(GROUP_IDS, presence)
      .map((targetGroupId) => randomGroup(random, { ...tenant, targetGroupId }, start)),
  );
  const count = random.pick([1, 2, 2, 3, MOST_ORDERS]);
  const orders = Array.from({ length: count }, (_, i) =>
    randomOrder(random, profile, random.pick(tenants), i, [
      ...actions,
      ...actions.map(() => 'resume' as const),
    ]),
  );
  return {
    chunkSize: random.pick([1, 2, 3, 8]),
    parallelism: random.pick([1, 2, 16]),
    tenants,
    groups,
    orders,
  };
}

function randomOrder(
  random: Random,
  profile: Profile,
  tenant: Tenant,
  number: number,
  actions: readonly Action[],
): Order {
  const body = [random.pick(GROUP_IDS), ...random.some(GROUP_IDS, random.pick([0.3, 0.7]))];
  const otherBody = random.chance(0.15) ? [random.pick(GROUP_IDS)] : body;
  const first = random.int(0, profile.arrivalsMs);
  const attempts = Array.from({ length: random.pick([1, 1, 2, 3]) }, (_, i) => ({
    at: i === 0 ? first : first + random.int(0, random.pick([5, 1_000, 30_000, 10 * MINUTE, DEADLINE_MS])),
    ids: random.shuffled(i === 0 ? body : random.pick([body, otherBody])),
    givesUp: random.chance(0.2),
    retries: random.int(0, 2),
  }));
  return {
    key: { ...tenant, action: random.pick(actions), idempotencyKey: `key-${number}` },
    createdBy: `creator-${number}`,
    attempts,
  };
}

function randomGroup(
  random: Random,
  key: Pick<TargetGroup, 'accountId' | 'projectId' | 'targetGroupId'>,
  start: number,
): TargetGroup {
  return {
    ...pausedGroup(key, start),
    status: random.pick(STATUSES),
    currentCompletes: random.chance(0.05) ? 10 : 0,
    endFieldingAt: timestamp(start + (random.chance(0.1) ? random.int(0, 10 * MINUTE) : 1_000 * HOUR)),
  };
}

/** A target group that may be resumed. */
export function pausedGroup(
  key: Pick<TargetGroup, 'accountId' | 'projectId' | 'targetGroupId'>,
  start: number,
): TargetGroup {
  return {
    ...key,
    fieldingRunId: key.targetGroupId,
    status: 'paused',
    completesGoal: 10,
    currentCompletes: 0,
    startFieldingAt: timestamp(start - HOUR),
    endFieldingAt: timestamp(start + 1_000 * HOUR),
    version: 1,
    lastChangedAt: timestamp(start - HOUR),
    lastChangedBy: 'user',
    marks: [],
  };
}
