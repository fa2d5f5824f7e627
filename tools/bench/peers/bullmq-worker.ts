/** Runs as a worker process of the BullMQ peer: makes the same conditional write for each task from Redis. */
import { Worker } from 'bullmq';
import { makeSingleTryDynamoDBClient } from '../../../src/adapters/dynamodb/dynamodb-client.ts';
import { DynamoDBTargetGroups } from '../../../src/adapters/dynamodb/target-groups.ts';
import type { Tenant } from '../../../src/domain/ids.ts';
import { formatTimestamp } from '../../../src/domain/time.ts';
import { CREATOR } from './moves.ts';

export interface BullTask {
  readonly tenant: Tenant;
  readonly id: string;
  readonly mark: string;
}

const groups = new DynamoDBTargetGroups(
  makeSingleTryDynamoDBClient(),
  process.env['TARGET_GROUPS_TABLE'] ?? '',
);

const worker = new Worker<BullTask, boolean>(
  'target-groups',
  async ({ data: { tenant, id, mark } }) => {
    const now = formatTimestamp(Date.now());
    const move = { action: 'resume', mark, now, by: CREATOR } as const;
    return (await groups.move({ ...tenant, targetGroupId: id }, move)).moved;
  },
  {
    connection: { host: '127.0.0.1', port: Number(process.env['REDIS_PORT']), maxRetriesPerRequest: null },
    concurrency: Number(process.env['PARALLELISM']),
  },
);
await worker.waitUntilReady();
process.on('disconnect', () => process.exit());
process.send?.('ready');
