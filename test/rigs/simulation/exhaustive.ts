/**
 * Runs a small job once for every crash point: before and after each port call, alone and in pairs; and once
 * for every order in which its messages and give-ups can meet. Nothing is drawn at random, and nothing else
 * goes wrong.
 */
import type { Violation } from '../auditor/auditor.ts';
import { type CrashPoint, ScriptedFaults } from './call-faults.ts';
import type { Invocation } from './invocation.ts';
import { makeIds } from './make-ids.ts';
import { type Plan, makePausedGroup } from './random-plan.ts';
import { CALM, type Profile } from './profile.ts';
import { runSchedule } from './run-schedule.ts';
import type { UseCases } from './shipped-use-cases.ts';
import { shippedUseCases } from './shipped-use-cases.ts';
import { HOUR, SECOND } from './simulated-times.ts';

export interface WalkOptions {
  readonly chunks: number;
  /** The most crashes in one schedule. */
  readonly crashes: 1 | 2;
  /** Whether the client repeats a create request that got no 201. */
  readonly repeats: boolean;
  /** Whether no message is delivered before the job's deadline, so that it is given up. */
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

export interface MeetResult {
  schedules: number;
  readonly violations: Violation[];
}

/**
 * Runs a small job once for every order in which its messages and give-ups can meet: the give-ups of all
 * chunks are delivered at one call of the schedule, alone or once more soon after, and either their worker
 * or that of the messages is slower.
 *
 * @param deadlineMs the age of the job at its deadline; the work on it begins when the job is a second old
 */
export async function walkMeetings(
  deadlineMs: number,
  plant: (sound: UseCases) => UseCases = (sound) => sound,
): Promise<MeetResult> {
  const result: MeetResult = { schedules: 0, violations: [] };
  const plan = (start: number) => makeSmallPlan(2, false, start);
  // With such long trouble the auditor allows `InternalError`, which a give-up before the work leads to.
  const profile: Profile = {
    ...CALM,
    delayMs: [SECOND, SECOND],
    giveUpDelayMs: 0,
    deadlineMs,
    troubleMs: 3 * HOUR,
  };

  const visit = async (giveUpAt: readonly number[], slowFirst: boolean): Promise<number> => {
    const workers: string[] = [];
    const computeWireMs = ({ fn, name }: Invocation) => {
      if (fn === 'worker' && !workers.includes(name)) workers.push(name);
      return slowFirst === (workers.indexOf(name) === 0) ? 5 : 1;
    };
    const { calls, violations } = await runSchedule({
      seed: 1,
      plan,
      profile: () => profile,
      faults: new ScriptedFaults([], computeWireMs),
      useCases: plant(shippedUseCases()),
      giveUpAt,
    });
    result.schedules += 1;
    result.violations.push(...violations);
    return calls;
  };
  for (const slowFirst of [true, false]) {
    const calls = await visit([], slowFirst);
    for (let call = 1; call <= calls; call += 1) {
      await visit([call], slowFirst);
      await visit([call, call + 3], slowFirst);
    }
  }
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
