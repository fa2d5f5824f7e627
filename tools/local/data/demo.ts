/** Makes the demo data of the local stack: target groups in every status and situation. */
import type { Tenant } from '../../../src/domain/ids.ts';
import type { TargetGroup } from '../../../src/domain/target-group.ts';
import { formatTimestamp } from '../../../src/domain/time.ts';
import { type DataRecord, deriveFieldingRunId, SEEDED_BY } from '../../import/records.ts';

const DAY = 86_400_000;

const TENANTS = [
  { accountId: 101, projectId: '01JDEM0PR0JECT000000000001', prefix: '01JDEM0TARGETGR0VP1' },
  { accountId: 101, projectId: '01JDEM0PR0JECT000000000002', prefix: '01JDEM0TARGETGR0VP2' },
  { accountId: 102, projectId: '01JDEM0PR0JECT000000000003', prefix: '01JDEM0TARGETGR0VP3' },
];

/** Number of target groups unless another one is asked for. */
const DEMO_SIZE = 340 * TENANTS.length;

type Situation = Partial<TargetGroup>;

/**
 * The situations that the target groups of a project get in turn. Most are paused, so that they can be
 * resumed.
 */
function listSituations(now: number): Situation[] {
  const ended = {
    startFieldingAt: formatTimestamp(now - 60 * DAY),
    endFieldingAt: formatTimestamp(now - DAY),
  };
  const ahead = {
    startFieldingAt: formatTimestamp(now + DAY),
    endFieldingAt: formatTimestamp(now + 30 * DAY),
  };
  const paused: Situation = { status: 'paused' };
  return [
    paused,
    paused,
    paused,
    paused,
    paused,
    { status: 'live' },
    { status: 'draft', ...ahead, currentCompletes: 0 },
    { status: 'scheduled', ...ahead, currentCompletes: 0 },
    { status: 'completed', currentCompletes: 100 },
    { status: 'archived', ...ended },
    // These are paused but cannot be resumed: the goal is reached, or the end date has passed.
    { status: 'paused', currentCompletes: 100 },
    { status: 'paused', ...ended },
  ];
}

/**
 * Makes the projects, each with about the same number of target groups.
 * @param now epoch milliseconds
 * @param size number of target groups
 */
export function* generateDemoRecords(now: number, size = DEMO_SIZE): Generator<DataRecord> {
  const mix = listSituations(now);
  for (const [number, { prefix, ...tenant }] of TENANTS.entries()) {
    yield { type: 'project', tenant };
    const groups = Math.ceil((size - number) / TENANTS.length);
    for (let index = 0; index < groups; index++) {
      const targetGroupId = prefix + String(index + 1).padStart(26 - prefix.length, '0');
      const situation = { currentCompletes: index % 100, ...mix[index % mix.length] };
      yield {
        type: 'target_group',
        group: { ...makeResumableGroup(tenant, targetGroupId, now), ...situation },
      };
    }
  }
}

/**
 * Makes a paused target group in the middle of its period, far from its goal.
 * @param now epoch milliseconds
 */
export function makeResumableGroup(tenant: Tenant, targetGroupId: string, now: number): TargetGroup {
  return {
    ...tenant,
    targetGroupId,
    fieldingRunId: deriveFieldingRunId(targetGroupId),
    status: 'paused',
    completesGoal: 100,
    currentCompletes: 5,
    startFieldingAt: formatTimestamp(now - 7 * DAY),
    endFieldingAt: formatTimestamp(now + 30 * DAY),
    version: 1,
    lastChangedAt: formatTimestamp(now - DAY),
    lastChangedBy: SEEDED_BY,
    marks: [],
  };
}
