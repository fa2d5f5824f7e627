/** Seeds the target groups of a chaos run: for each job its own, in all situations, and some unknown ids. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { BatchWriter } from '../../../tools/local/data/write.ts';
import type { Tenant } from '../../../src/domain/ids.ts';
import type { TargetGroup } from '../../../src/domain/target-group.ts';
import { aTargetGroup, anId } from '../../support/builders.ts';

const SITUATIONS: Partial<TargetGroup>[] = [
  {},
  {},
  {},
  {},
  {},
  { status: 'live' },
  { status: 'draft' },
  { status: 'scheduled' },
  { status: 'completed' },
  { status: 'archived' },
  { currentCompletes: 100 },
];

/** One of so many ids belongs to no target group. */
const UNKNOWN_EVERY = 20;

/**
 * Writes a project and the target groups that the jobs name.
 * @param table name of the target groups table
 * @param added receives each target group
 * @returns the ids that each job names
 */
export async function seedTargetGroups(
  client: DynamoDBClient,
  table: string,
  { tenant, jobs, idsPerJob }: { tenant: Tenant; jobs: number; idsPerJob: number },
  added: (group: TargetGroup) => void,
): Promise<string[][]> {
  const writer = new BatchWriter(client, table);
  await writer.put({ type: 'project', tenant });
  const lists: string[][] = [];
  for (let job = 0; job < jobs; job += 1) {
    const ids: string[] = [];
    for (let i = 0; i < idsPerJob; i += 1) {
      if (i % UNKNOWN_EVERY === 0) {
        ids.push(anId('U'));
        continue;
      }
      const group = aTargetGroup({
        ...tenant,
        endFieldingAt: '2099-01-01T00:00:00.000Z',
        ...SITUATIONS[i % SITUATIONS.length],
      });
      await writer.put({ type: 'target_group', group });
      added(group);
      ids.push(group.targetGroupId);
    }
    lists.push(ids);
  }
  await writer.flush();
  return lists;
}
