/** Measures how fast dead jobs are given up, compared with how fast the same workers carry out live ones. */
import { makeIds } from './make-ids.ts';
import { makePausedGroup, type Plan } from './random-plan.ts';
import { CALM, type Profile } from './profile.ts';
import { runSchedule } from './run-schedule.ts';
import { shippedUseCases, type UseCases } from './shipped-use-cases.ts';
import type { ScheduleResult } from './simulated-system.ts';
import { HOUR, MINUTE } from './simulated-times.ts';

/** The share of the rate of live jobs that dead ones must reach. */
const LEAST_SHARE = 2 / 3;

const JOBS = 150;
const CHUNKS = 8;
const TENANT = { accountId: 101, projectId: 'PROJECT0000000000000000001' };

/** The workers are dead until all messages wait for them; then they carry them out. */
const LIVE: Profile = {
  ...CALM,
  wireMs: 30,
  workers: 2,
  troubleMs: 3 * HOUR,
  deadWorkers: { from: 0, until: 30 * MINUTE, kind: 'silent', giveUpsToo: true },
};

/** The workers of the chunks are dead for good. Those of the give-ups are as many, and work. */
const DEAD: Profile = {
  ...LIVE,
  deadWorkers: { from: 0, until: 10 * HOUR, kind: 'silent', giveUpsToo: false },
};

export interface RateResult {
  /** Chunks per minute that the workers carry out. */
  readonly live: number;
  /** Chunks per minute that are given up. */
  readonly dead: number;
  readonly violations: ScheduleResult['violations'];
}

export async function measureGiveUpRate(
  seed: number,
  plant: (sound: UseCases) => UseCases = (sound) => sound,
): Promise<RateResult> {
  const live = await runSchedule({ seed, plan: makePlan, profile: () => LIVE });
  const dead = await runSchedule({
    seed,
    plan: makePlan,
    profile: () => DEAD,
    useCases: plant(shippedUseCases()),
    leastSettleRate: LEAST_SHARE * live.settleRate,
  });
  return {
    live: live.settleRate,
    dead: dead.settleRate,
    violations: [...live.violations, ...dead.violations],
  };
}

/** Makes jobs that are all created within a second, each with target groups of its own. */
function makePlan(start: number): Plan {
  const jobs = Array.from({ length: JOBS }, (_, job) => makeIds(`J${job}X`, CHUNKS));
  return {
    chunkSize: 1,
    parallelism: 16,
    tenants: [TENANT],
    groups: jobs.flat().map((targetGroupId) => makePausedGroup({ ...TENANT, targetGroupId }, start)),
    orders: jobs.map((ids, job) => ({
      key: { ...TENANT, action: 'resume' as const, idempotencyKey: `key-${job}` },
      createdBy: `creator-${job}`,
      attempts: [{ at: job, ids, givesUp: false, retries: 0 }],
    })),
  };
}
