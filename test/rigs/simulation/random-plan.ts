/** Draws the plan of a schedule: its target groups, and the create requests of its clients. */
import { makeIds } from './make-ids.ts';
import { ACTION_NAMES, type Action } from '../../../src/domain/actions.ts';
import type { CreationKey } from '../../../src/domain/digest.ts';
import type { Tenant } from '../../../src/domain/ids.ts';
import { MARKS_KEPT, type TargetGroup } from '../../../src/domain/target-group.ts';
import { formatTimestamp } from '../../../src/domain/time.ts';
import { type Fairness, type Flood, type Limits, type Profile, QUIET_ACCOUNTS } from './profile.ts';
import type { Random } from './random.ts';
import { DEADLINE_MS, HOUR, MINUTE, SECOND } from './simulated-times.ts';

/** One create request of a client, and how often the client repeats it. */
export interface Attempt {
  /** When the client sends it, ms from the start of the schedule. */
  readonly at: number;
  /** The ids as they are sent: in any order, with duplicates. */
  readonly ids: readonly string[];
  /** Whether the client hangs up before the answer arrives. */
  readonly givesUp: boolean;
  /** How often the client repeats the request while it has no 201. */
  readonly retries: number;
}

export interface Order {
  readonly key: CreationKey;
  /** Each key has its own creator. */
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

/** Two accounts with the same project id, and two projects of one account; their target group ids overlap. */
const TENANTS: readonly Tenant[] = [
  { accountId: 101, projectId: 'PROJECT0000000000000000001' },
  { accountId: 101, projectId: 'PROJECT0000000000000000002' },
  { accountId: 102, projectId: 'PROJECT0000000000000000001' },
];

/**
 * The most jobs of a schedule: a mark is lost after the moves of so many other jobs, so one outcome is not
 * promised for a chunk that is delivered again after more of them (ADR 6).
 */
const MAX_ORDERS = MARKS_KEPT;

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

/** @param actions of the orders. At least half of the orders resume: users mostly undo resumes. */
export function makeRandomPlan(
  random: Random,
  profile: Profile,
  start: number,
  actions: readonly Action[] = ACTION_NAMES,
): Plan {
  const tenants = random.shuffle(TENANTS).slice(0, random.pick([1, 1, 2, 3]));
  const presence = random.pick([0.6, 1]);
  const groups = tenants.flatMap((tenant) =>
    random
      .pickSome(GROUP_IDS, presence)
      .map((targetGroupId) => makeRandomGroup(random, { ...tenant, targetGroupId }, start)),
  );
  const count = random.pick([1, 2, 2, 3, MAX_ORDERS]);
  const orders = Array.from({ length: count }, (_, i) =>
    makeRandomOrder(random, profile, random.pick(tenants), i, [
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

/** The account whose job has lost its messages while another account floods the system. */
export const QUIET_TENANT: Tenant = { accountId: 103, projectId: 'PROJECT0000000000000000003' };

/** Makes many jobs of one account, each with target groups of its own, and one of the quiet account. */
export function makeFloodPlan(random: Random, { jobs }: Flood, start: number): Plan {
  const [noisy] = TENANTS as [Tenant];
  const makeOrder = (tenant: Tenant, number: number, at: number) => {
    const ids = makeIds(`F${number}X`, 4);
    return {
      groups: ids.map((targetGroupId) => makePausedGroup({ ...tenant, targetGroupId }, start)),
      order: {
        key: { ...tenant, action: 'resume' as const, idempotencyKey: `key-${number}` },
        createdBy: `creator-${number}`,
        attempts: [{ at, ids, givesUp: false, retries: 2 }],
      },
    };
  };
  const made = Array.from({ length: jobs }, (_, i) => makeOrder(noisy, i, random.int(0, 10_000)));
  // Due after all jobs of the other account.
  made.push(makeOrder(QUIET_TENANT, jobs, 20_000));
  return {
    chunkSize: 1,
    parallelism: 2,
    tenants: [noisy, QUIET_TENANT],
    groups: made.flatMap(({ groups }) => groups),
    orders: made.map(({ order }) => order),
  };
}

/** The accounts whose jobs are timed alone and beside a flood. */
export const QUIET_TENANTS: readonly Tenant[] = Array.from({ length: QUIET_ACCOUNTS }, (_, i) => ({
  accountId: 301 + i,
  projectId: 'PROJECT0000000000000000001',
}));

/** Chunks of each job of a flood beside quiet accounts. */
const FLOOD_CHUNKS = 20;

/** Makes a job of each quiet account while nothing else is there, and one more of each beside a flood. */
export function makeFairnessPlan(random: Random, profile: Profile, fairness: Fairness, start: number): Plan {
  const { quietChunks, floodAfterMs, firstAfterMs, everyMs, floodMs } = fairness;
  const [noisy] = TENANTS as [Tenant];
  const orders: Order[] = [];
  const groups: TargetGroup[] = [];
  const add = (tenant: Tenant, chunks: number, at: number) => {
    const ids = makeIds(`Q${orders.length}X`, chunks);
    groups.push(...ids.map((targetGroupId) => makePausedGroup({ ...tenant, targetGroupId }, start)));
    orders.push({
      key: { ...tenant, action: 'resume', idempotencyKey: `key-${orders.length}` },
      createdBy: `creator-${orders.length}`,
      attempts: [{ at, ids, givesUp: false, retries: 0 }],
    });
  };
  for (const [i, tenant] of QUIET_TENANTS.entries()) add(tenant, quietChunks, i * everyMs);

  const floodAt = QUIET_ACCOUNTS * everyMs + floodAfterMs;
  // A move takes three quarters of the longest one on average.
  const floodJobs = Math.ceil((profile.workers * floodMs) / (0.75 * profile.moveMs) / FLOOD_CHUNKS);
  for (let i = 0; i < floodJobs; i += 1) add(noisy, FLOOD_CHUNKS, floodAt + random.int(0, 100));
  for (const [i, tenant] of random.shuffle(QUIET_TENANTS).entries()) {
    add(tenant, quietChunks, floodAt + firstAfterMs + i * everyMs);
  }
  return { chunkSize: 1, parallelism: 2, tenants: [...QUIET_TENANTS, noisy], groups, orders };
}

/** Accounts that want more than they may have open, and ten that want one job or two. */
const GREEDY_ACCOUNTS = 3;

/** Most jobs that an account creates in the same instant. */
const AT_ONCE = 10;

/**
 * Makes jobs of several accounts, each with target groups of its own, which together are more than the limits
 * of open work allow. Some requests come when the first jobs have ended, and some repeat an earlier one.
 */
export function makeLimitsPlan(random: Random, { smallestJob }: Limits, start: number): Plan {
  const tenants = Array.from({ length: GREEDY_ACCOUNTS + QUIET_ACCOUNTS }, (_, i) => ({
    accountId: 201 + i,
    projectId: 'PROJECT0000000000000000001',
  }));
  const greedy = random.int(1, GREEDY_ACCOUNTS);
  const burstsMs = random.pick([0, 10 * SECOND, MINUTE]);
  const drawLate = () => random.int(MINUTE, 12 * MINUTE);
  const made = tenants.flatMap((tenant, i) => {
    const jobs = i < greedy ? random.pick([15, 30]) : 1;
    const burst = random.int(0, burstsMs);
    return Array.from({ length: jobs }, (_, job) => {
      const ids = makeIds(`A${i}J${job}X`, random.int(smallestJob, 6));
      const usual = burst + Math.floor(job / AT_ONCE) * random.int(0, burstsMs);
      const at = random.chance(0.2) ? drawLate() : usual;
      const first = { at, ids, givesUp: false, retries: 3 };
      const isOther = random.chance(0.3) && ids.length > smallestJob;
      const again = { at: at + random.int(1, MINUTE), ids: isOther ? ids.slice(1) : ids };
      return {
        groups: ids.map((targetGroupId) => makePausedGroup({ ...tenant, targetGroupId }, start)),
        order: {
          key: { ...tenant, action: 'resume' as const, idempotencyKey: `key-${i}-${job}` },
          createdBy: `creator-${i}-${job}`,
          attempts: random.chance(0.4) ? [first, { ...first, ...again }] : [first],
        },
      };
    });
  });
  return {
    chunkSize: 2,
    parallelism: 2,
    tenants,
    groups: made.flatMap(({ groups }) => groups),
    orders: made.map(({ order }) => order),
  };
}

function makeRandomOrder(
  random: Random,
  profile: Profile,
  tenant: Tenant,
  number: number,
  actions: readonly Action[],
): Order {
  const body = [random.pick(GROUP_IDS), ...random.pickSome(GROUP_IDS, random.pick([0.3, 0.7]))];
  const otherBody = random.chance(0.15) ? [random.pick(GROUP_IDS)] : body;
  const first = random.int(0, profile.arrivalsMs);
  const attempts = Array.from({ length: random.pick([1, 1, 2, 3]) }, (_, i) => ({
    at: i === 0 ? first : first + random.int(0, random.pick([5, 1_000, 30_000, 10 * MINUTE, DEADLINE_MS])),
    ids: random.shuffle(i === 0 ? body : random.pick([body, otherBody])),
    givesUp: random.chance(0.2),
    retries: random.int(0, 2),
  }));
  return {
    key: { ...tenant, action: random.pick(actions), idempotencyKey: `key-${number}` },
    createdBy: `creator-${number}`,
    attempts,
  };
}

function makeRandomGroup(
  random: Random,
  key: Pick<TargetGroup, 'accountId' | 'projectId' | 'targetGroupId'>,
  start: number,
): TargetGroup {
  return {
    ...makePausedGroup(key, start),
    status: random.pick(STATUSES),
    currentCompletes: random.chance(0.05) ? 10 : 0,
    endFieldingAt: formatTimestamp(start + (random.chance(0.1) ? random.int(0, 10 * MINUTE) : 1_000 * HOUR)),
  };
}

/** Makes a target group that can be resumed. */
export function makePausedGroup(
  key: Pick<TargetGroup, 'accountId' | 'projectId' | 'targetGroupId'>,
  start: number,
): TargetGroup {
  return {
    ...key,
    fieldingRunId: key.targetGroupId,
    status: 'paused',
    completesGoal: 10,
    currentCompletes: 0,
    startFieldingAt: formatTimestamp(start - HOUR),
    endFieldingAt: formatTimestamp(start + 1_000 * HOUR),
    version: 1,
    lastChangedAt: formatTimestamp(start - HOUR),
    lastChangedBy: 'user',
    marks: [],
  };
}
