/**
 * Runs a small job once for every crash point: before and after each port call, alone and in pairs. Nothing
 * is drawn at random, and nothing else goes wrong.
 */
import type { Violation } from '../auditor/auditor.ts';
import { type CrashPoint, ScriptedFaults } from './call-faults.ts';
import { makeIds } from './make-ids.ts';
import { type Plan, makePausedGroup } from './random-plan.ts';
import { CALM, type Profile } from './profile.ts';
import { runSchedule } from './run-schedule.ts';
import type { UseCases } from './shipped-use-cases.ts';
import { shippedUseCases } from './shipped-use-cases.ts';
import { HOUR } from './simulated-times.ts';

export interface WalkOptions {
  readonly chunks: number;
  /** The most crashes in one schedule. */
  readonly crashes: 1 | 2;
  /** Whether the client repeats a create request that got no 201. */
  readonly repeats: boolean;
  /** Whether no message is delivered before the job's deadline, so that reconcile has to settle it. */
  readonly late: boolean;
}

export interface WalkResult {
  schedules: number;
  readonly violations: { readonly points: readonly CrashPoint[]; readonly violation: Violation }[];
}

const TENANT = { accountId: 101, projectId: 'PROJECT0000000000000000001' };
const FATES = ['crash-before', 'crash-after'] as const;

const LATE: Profile = { ...CALM, delayMs: [2 * HOUR, 2 * HOUR], troubleMs: HOUR };

/** @returns the violations of all schedules, each with its crash points */
export async function walkCrashPoints(
  { chunks, crashes, repeats, late }: WalkOptions,
  plant: (sound: UseCases) => UseCases = (sound) => sound,
): Promise<WalkResult> {
  const result: WalkResult = { schedules: 0, violations: [] };
  const plan = (start: number) => makeSmallPlan(chunks, repeats, start);

  const visit = async (points: readonly CrashPoint[]): Promise<void> => {
    const { calls, violations } = await runSchedule({
      seed: 1,
      plan,
      profile: () => (late ? LATE : CALM),
      faults: new ScriptedFaults(points),
      useCases: plant(shippedUseCases()),
    });
    result.schedules += 1;
    for (const violation of violations) result.violations.push({ points, violation });
    if (points.length === crashes) return;
    // A crash changes the later calls, so the next crash point is chosen among the calls of that schedule.
    for (let call = (points.at(-1)?.call ?? 0) + 1; call <= calls; call += 1) {
      for (const fate of FATES) await visit([...points, { call, fate }]);
    }
  };
  await visit([]);
  return result;
}

/** Makes a plan of one target group per chunk; the second cannot be resumed, so that both outcomes occur. */
function makeSmallPlan(chunks: number, repeats: boolean, start: number): Plan {
  const names = makeIds('T', chunks);
  const attempt = { at: 0, ids: names, givesUp: false, retries: repeats ? 3 : 0 };
  return {
    chunkSize: 1,
    parallelism: 1,
    tenants: [TENANT],
    groups: names.map((targetGroupId, i) => ({
      ...makePausedGroup({ ...TENANT, targetGroupId }, start),
      ...(i === 1 && { status: 'draft' as const }),
    })),
    orders: [
      {
        key: { ...TENANT, action: 'resume', idempotencyKey: 'key' },
        createdBy: 'creator',
        attempts: [attempt],
      },
    ],
  };
}
