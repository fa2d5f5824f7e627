/** Jobs that are put into the store behind the functions' backs, and the events of their messages. */
import type { SQSEvent } from 'aws-lambda';
import { DynamoDBJobs } from '../../../src/adapters/dynamodb/jobs.ts';
import { encodeChunk } from '../../../src/adapters/sqs/work-message.ts';
import { cutIntoChunks } from '../../../src/application/cut-into-chunks.ts';
import { hashIds } from '../../../src/domain/digest.ts';
import type { Tenant } from '../../../src/domain/ids.ts';
import { type Job, canonicalizeIds, countChunks } from '../../../src/domain/job.ts';
import { formatTimestamp } from '../../../src/domain/time.ts';
import type { WholeAnswer } from '../../../tools/kit/forwarding.ts';
import { keepSilent } from '../../../tools/kit/http-server.ts';
import { TRACE, aJob, aLook, anId } from '../../support/builders.ts';
import { aProject, makeDynamoDBClient, findName } from '../../support/e2e.ts';
import type { Interception } from '../cloudwatch/call-interceptor.ts';
import type { WiringRig } from './rig.ts';
import { SETTINGS } from './settings.ts';

/** A rig with a stack whose emulators can be called directly. */
type RigWithStore = Pick<WiringRig, 'unobserved'>;

export interface StoredJob {
  readonly job: Job;
  readonly ids: readonly string[];
  /** The bodies of its messages, by chunk. */
  readonly messages: readonly string[];
}

export interface JobOptions {
  readonly tenant: Tenant;
  readonly ids: readonly string[];
  readonly chunkSize: number;
  readonly ageSeconds?: number;
  /** When reconcile is to look at it; never by default. */
  readonly dueInSeconds?: number;
}

/** A job as its creation leaves it before any message is sent. */
export async function storeJob(rig: RigWithStore, { tenant, ...options }: JobOptions): Promise<StoredJob> {
  const ids = canonicalizeIds(options.ids);
  const now = Date.now();
  const createdAt = now - (options.ageSeconds ?? 0) * 1000;
  const job = aJob({
    ...tenant,
    jobId: anId('J'),
    createdAt: formatTimestamp(createdAt),
    deadlineAt: formatTimestamp(createdAt + SETTINGS.deadlineSeconds * 1000),
    look: aLook({ dueAt: formatTimestamp(now + (options.dueInSeconds ?? 86_400) * 1000) }),
    bodyHash: hashIds(ids),
    total: ids.length,
    chunkSize: options.chunkSize,
    expiresAt: Math.floor(now / 1000) + 1_234_567,
  });
  const client = makeDynamoDBClient(rig.unobserved);
  const jobs = new DynamoDBJobs(client, findName(rig.unobserved.tables, 'TablesJobs'));
  await jobs.saveRequest(job, { ids, trace: TRACE });
  await jobs.commit(job, anId(), now);
  client.destroy();
  const indexes = [...Array(countChunks(job)).keys()];
  return { job, ids, messages: cutIntoChunks(job, ids, indexes, TRACE).map(encodeChunk) };
}

/** Such a job, of so many target groups in a project of its own. */
export async function storeJobOfSize(
  rig: RigWithStore,
  targetGroups: number,
  chunkSize: number,
): Promise<StoredJob> {
  const project = await aProject(rig.unobserved, Array<object>(targetGroups).fill({}));
  return storeJob(rig, { ...project, chunkSize });
}

/** An event of the queue, with receipt handles that no other event has. */
export function makeQueueEvent(messages: readonly { body: string; receives?: number }[]): SQSEvent {
  const records = messages.map(({ body, receives = 1 }, i) => ({
    messageId: `message-${i}`,
    receiptHandle: anId('HANDLE'),
    body,
    attributes: { ApproximateReceiveCount: String(receives) },
    messageAttributes: {},
    eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:Chunks',
  }));
  return { Records: records } as unknown as SQSEvent;
}

/** The service itself has failed: an SDK tries again as often as it may. */
export const refuseForNow: Interception = () =>
  Promise.resolve<WholeAnswer>({
    status: 500,
    headers: { 'content-type': 'application/x-amz-json-1.0' },
    body: Buffer.from(JSON.stringify({ __type: 'com.amazonaws.test#InternalServerError' })),
  });

/** No answer comes: the caller has to give up. */
export const leaveUnanswered: Interception = () => keepSilent();
