/**
 * Makes only the conditional writes of a job, without job, chunks, claims, results, logs and metrics. It uses
 * the worker's write, client settings and parallelism, so that jobs can be compared with it (ADR 29).
 */
import { makeSingleTryDynamoDBClient } from '../../../src/adapters/dynamodb/dynamodb-client.ts';
import { DynamoDBTargetGroups } from '../../../src/adapters/dynamodb/target-groups.ts';
import { runInParallel } from '../../../src/domain/run-in-parallel.ts';
import type { Action } from '../../../src/domain/actions.ts';
import type { Tenant } from '../../../src/domain/ids.ts';
import { formatTimestamp } from '../../../src/domain/time.ts';

export interface BareWrites {
  readonly tenant: Tenant;
  readonly ids: readonly string[];
  readonly action: Action;
  /** Must be new: a target group that has this mark already is not moved. */
  readonly mark: string;
}

const groups = new DynamoDBTargetGroups(
  makeSingleTryDynamoDBClient(),
  process.env['TARGET_GROUPS_TABLE'] ?? '',
);

/** @returns how many were moved */
export async function handler({ tenant, ids, action, mark }: BareWrites): Promise<number> {
  let moved = 0;
  await runInParallel(ids, Number(process.env['PARALLELISM']), async (targetGroupId) => {
    const now = formatTimestamp(Date.now());
    const move = { action, mark, now, by: '0190a8f0-5b7e-7c3a-9d55-3f1b6a2c4e11' };
    if ((await groups.move({ ...tenant, targetGroupId }, move)).moved) moved += 1;
  });
  return moved;
}
