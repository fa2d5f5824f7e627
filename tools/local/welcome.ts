/** What is printed once the stack serves: where, and requests to paste. */
import { randomBytes } from 'node:crypto';
import { deriveJobId } from '../../src/domain/digest.ts';
import { collectionPath, jobPath } from '../../api/paths.ts';
import type { Sample } from './data/sample.ts';

const ACTION = 'resume';

/**
 * A line that starts with `ready`; then, between blank lines, a request that creates a job, one that follows
 * it, where to watch, and where to read about the API and try it.
 * @param token for the account of the sample
 */
export function welcome(url: string, sample: Sample | undefined, token: string): string {
  const watch = `status page: ${url}/_local\nAPI pages:   ${url}/docs\n\n`;
  if (sample === undefined) return `ready ${url}\n\n${watch}`;
  const { tenant, targetGroupIds } = sample;
  const idempotencyKey = `example-${randomBytes(6).toString('hex')}`;
  const location = jobPath(tenant, ACTION, deriveJobId({ ...tenant, action: ACTION, idempotencyKey }));
  const authorization = `-H 'Authorization: Bearer ${token}'`;
  const create = [
    `curl -i -X POST '${url}${collectionPath(tenant, ACTION)}'`,
    authorization,
    `-H 'Idempotency-Key: ${idempotencyKey}'`,
    `-H 'Content-Type: application/json'`,
    `-d '${JSON.stringify({ target_group_ids: targetGroupIds })}'`,
  ];
  const follow = [`curl -i '${url}${location}'`, authorization];
  return `ready ${url}\n\n${create.join(' ')}\n\n${follow.join(' ')}\n\n${watch}`;
}
