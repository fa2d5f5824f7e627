/** Makes a job on the running stack as if its creation had died after the commit: no message is sent. */
import { DynamoDBJobs } from '../../src/adapters/dynamodb/jobs.ts';
import { hashIds } from '../../src/domain/digest.ts';
import type { Tenant } from '../../src/domain/ids.ts';
import { type Job, canonicalizeIds } from '../../src/domain/job.ts';
import { formatTimestamp } from '../../src/domain/time.ts';
import { TRACE, aJob, aLook, anId } from './builders.ts';
import { makeDynamoDBClient, findName } from './e2e.ts';
import type { StackInfo } from './start-stack.ts';

/** Commits a job in chunks of two that was created `ageSeconds` ago and has been due since then. */
export async function commitLostJob(
  stack: StackInfo,
  tenant: Tenant,
  asked: readonly string[],
  ageSeconds: number,
): Promise<Job> {
  const dynamoDB = makeDynamoDBClient(stack);
  const jobs = new DynamoDBJobs(dynamoDB, findName(stack.tables, 'TablesJobs'));
  const ids = canonicalizeIds(asked);
  const createdAt = Date.now() - ageSeconds * 1000;
  const job = aJob({
    ...tenant,
    jobId: anId('J'),
    createdAt: formatTimestamp(createdAt),
    bodyHash: hashIds(ids),
    total: ids.length,
    chunkSize: 2,
    expiresAt: Math.floor(Date.now() / 1000) + 86_400,
    deadlineAt: formatTimestamp(createdAt + 3_600_000),
    look: aLook({ dueAt: formatTimestamp(createdAt) }),
  });
  await jobs.saveRequest(job, { ids, trace: TRACE });
  await jobs.commit(job, anId(), Date.now());
  dynamoDB.destroy();
  return job;
}
