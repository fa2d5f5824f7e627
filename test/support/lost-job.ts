/** Makes a job on the running stack as if its creation had died after the commit: no message is sent. */
import { DynamoDBJobs } from '../../src/adapters/dynamodb/jobs.ts';
import { hashIds } from '../../src/domain/digest.ts';
import type { Tenant } from '../../src/domain/ids.ts';
import { type Job, canonicalIds } from '../../src/domain/job.ts';
import { timestamp } from '../../src/domain/time.ts';
import { TRACE, aJob, anId } from './builders.ts';
import { dynamoDBOf, nameLike } from './e2e.ts';
import type { StackInfo } from './local-stack.ts';

/** Commits a job in chunks of two that was created `ageSeconds` ago and has been due since then. */
export async function aLostJob(
  stack: StackInfo,
  tenant: Tenant,
  asked: readonly string[],
  ageSeconds: number,
): Promise<Job> {
  const dynamoDB = dynamoDBOf(stack);
  const jobs = new DynamoDBJobs(dynamoDB, nameLike(stack.tables, 'TablesJobs'));
  const ids = canonicalIds(asked);
  const createdAt = Date.now() - ageSeconds * 1000;
  const job = aJob({
    ...tenant,
    jobId: anId('J'),
    createdAt: timestamp(createdAt),
    bodyHash: hashIds(ids),
    total: ids.length,
    chunkSize: 2,
    expiresAt: Math.floor(Date.now() / 1000) + 86_400,
  });
  await jobs.saveRequest(job, { ids, trace: TRACE });
  await jobs.commit(job, anId(), Date.now(), timestamp(createdAt));
  dynamoDB.destroy();
  return job;
}
