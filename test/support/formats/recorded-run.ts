/**
 * Writes one of each stored item and message by the adapters, always with the same content, and returns them
 * as they are stored: DynamoDB's JSON, texts of messages and files. The recorded files are results of it.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type AttributeValue,
  type DynamoDBClient,
  PutItemCommand,
  ScanCommand,
} from '@aws-sdk/client-dynamodb';
import type { Context } from 'aws-lambda';
import { makePowertoolsOnce } from '../../../src/adapters/powertools/once.ts';
import { encodeChunk, encodeGiveUp } from '../../../src/adapters/sqs/work-message.ts';
import { DynamoDBBacklog } from '../../../src/adapters/dynamodb/backlog.ts';
import { DynamoDBKeySets } from '../../../src/adapters/dynamodb/key-sets.ts';
import { makeProjectItem, makeTargetGroupItem } from '../../../src/adapters/dynamodb/target-group-item.ts';
import { DynamoDBTargetGroups } from '../../../src/adapters/dynamodb/target-groups.ts';
import { cutIntoChunks } from '../../../src/application/cut-into-chunks.ts';
import { type CreationKey, deriveJobId, hashIds } from '../../../src/domain/digest.ts';
import type { FailureGroup, Job, Look } from '../../../src/domain/job.ts';
import type { KeySet, KeySource } from '../../../src/domain/key-set.ts';
import { makeMark } from '../../../src/domain/outcome.ts';
import type { TargetGroup } from '../../../src/domain/target-group.ts';
import { formatTimestamp } from '../../../src/domain/time.ts';
import type { GiveUpWork } from '../../../src/ports/work-queue.ts';
import { Checkpoint } from '../../../tools/import/checkpoint.ts';
import { PROJECT } from '../../../tools/kit/project.ts';
import { openDynamoDBJobStore } from '../jobs-table-ports.ts';
import type { TestTables } from '../test-tables.ts';

export type StoredItem = Record<string, AttributeValue>;

/** What a release stores, as it is stored. */
export interface Recorded {
  /** Items of the jobs table: two jobs, one at its start and one that has ended, and the backlog. */
  readonly jobs: readonly StoredItem[];
  readonly targetGroups: readonly StoredItem[];
  /** The record of one creation. Its two times are those of the recording. */
  readonly idempotency: readonly StoredItem[];
  /** The keys of the token issuer. Release 0.1.0 kept none. */
  readonly keySets?: readonly StoredItem[];
  /** Bodies of the messages of the job at its start. */
  readonly messages: readonly string[];
  /** Bodies of its give-ups. Release 0.1.0 had none. */
  readonly giveUps?: readonly string[];
  /** The checkpoint of an import. */
  readonly checkpoint: string;
}

export function readRecorded(name: string): Recorded {
  const file = join(PROJECT, 'test', 'support', 'formats', `${name}.json`);
  return JSON.parse(readFileSync(file, 'utf8'), (key, value: unknown) =>
    key === 'B' ? Buffer.from(String(value), 'base64') : value,
  ) as Recorded;
}

const CREATED = Date.UTC(2026, 0, 15, 12);
/** Time in which the recorded jobs must end. */
export const DEADLINE_MS = 3_600_000;
/** What reconcile notes about a job that it has not looked at yet, and what after its first look. */
const NEW: Look = { dueAt: formatTimestamp(CREATED + 600_000), settled: 0, resends: 0, giveUps: 0 };
const LOOKED_AT: Look = { ...NEW, dueAt: formatTimestamp(CREATED + 1_800_000), resends: 1 };
/** A clock that stands between the end of the recorded claims and the deadline. */
export const CLOCK = { now: () => CREATED + 400_000, pause: () => Promise.resolve() };
const CREATOR = '0190a8f0-5b7e-7c3a-9d55-3f1b6a2c4e11';
const TENANT = { accountId: 101, projectId: 'PR0JECT0000000000000000001' };
export const IDS = ['A', 'B', 'C'].map((letter) => `TARGETGR0VP00000000000000${letter}`);
export const TRACE = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, tracestate: 'x=1' };
/** Target groups that the backlog knows of. */
export const OPEN_AT_PASS = 40_000;
export const ACCEPTED_SINCE = 2_500;
export const FAILURES: FailureGroup[] = [
  { code: 'TargetGroupNotFound', description: 'Not there.', positions: [0] },
  { code: 'InternalError', description: 'It failed.', positions: [1] },
];

const makeKey = (idempotencyKey: string): CreationKey => ({ ...TENANT, action: 'resume', idempotencyKey });

/** The key of the creation that the idempotency table remembers. */
export const REMEMBERED = makeKey('order-1');

function makeJob(idempotencyKey: string): Job {
  return {
    ...TENANT,
    jobId: deriveJobId(makeKey(idempotencyKey)),
    action: 'resume',
    createdAt: formatTimestamp(CREATED),
    createdBy: CREATOR,
    bodyHash: hashIds(IDS),
    total: IDS.length,
    chunkSize: 2,
    // In the year 2100, so that no reader takes it for an expired job.
    expiresAt: Date.UTC(2100, 0, 1) / 1000,
    settled: new Set(),
    broken: new Set(),
    deadlineAt: formatTimestamp(CREATED + DEADLINE_MS),
    look: LOOKED_AT,
  };
}

/** A job of which one chunk is claimed, by an attempt that died. Reconcile looked at it once. */
export const STARTED = makeJob('order-1');
/** A job that has ended. Reconcile looked at it once. */
export const ENDED: Job = {
  ...makeJob('order-2'),
  settled: new Set([0, 1]),
  broken: new Set([0]),
  look: undefined,
};

function makeGroup(targetGroupId: string): TargetGroup {
  return {
    ...TENANT,
    targetGroupId,
    fieldingRunId: `R${targetGroupId.slice(1)}`,
    status: 'paused',
    completesGoal: 100,
    currentCompletes: 5,
    startFieldingAt: '2026-01-01T00:00:00.000Z',
    endFieldingAt: '2099-12-31T00:00:00.000Z',
    version: 1,
    lastChangedAt: '2026-01-10T00:00:00.000Z',
    lastChangedBy: '00000000-0000-4000-8000-000000000000',
    marks: [],
  };
}

const [, , IDS_OF_MOVED = ''] = IDS;
/** Two target groups as the import writes them, and one that the ended job has moved. */
export const GROUPS: TargetGroup[] = [
  ...IDS.slice(0, 2).map(makeGroup),
  {
    ...makeGroup(IDS_OF_MOVED),
    status: 'live',
    version: 2,
    lastChangedAt: formatTimestamp(CREATED + 1_000),
    lastChangedBy: CREATOR,
    marks: [makeMark(ENDED)],
  },
];

/** Where the recorded keys come from, and when they were fetched. */
export const KEY_SOURCE: KeySource = {
  issuer: 'https://id.example.com',
  jwksUrl: 'https://id.example.com/keys',
};
export const KEY_SET: KeySet = { json: '{"keys":[{"kty":"EC","kid":"k1"}]}', fetchedAt: CREATED };

/** How many records the recorded import has written. */
export const DONE = 2;

export async function recordStored(tables: TestTables): Promise<Recorded> {
  const { client } = tables;
  await writeJobs(tables);
  await writeTargetGroups(tables);
  await openKeySets(tables).save(KEY_SOURCE, KEY_SET);
  await openOnce(tables).run(REMEMBERED, STARTED.bodyHash, () =>
    Promise.resolve({ jobId: STARTED.jobId, replayed: false }),
  );
  return {
    jobs: await scan(client, tables.jobs),
    targetGroups: await scan(client, tables.targetGroups),
    idempotency: await scan(client, tables.idempotency),
    keySets: await scan(client, tables.keySets),
    messages: cutIntoChunks(STARTED, IDS, [0, 1], TRACE).map(encodeChunk),
    giveUps: makeGiveUps().map(encodeGiveUp),
    checkpoint: await withCheckpoint(undefined, async (checkpoint) => {
      await checkpoint.save(DONE);
      return readFileSync(checkpoint.path, 'utf8');
    }),
  };
}

/** The give-ups of the job at its start. */
export function makeGiveUps(): GiveUpWork[] {
  return cutIntoChunks(STARTED, IDS, [0, 1], TRACE).map((work) => ({ ...work, reason: 'deadline' }));
}

async function writeJobs({ client, jobs: table }: TestTables): Promise<void> {
  const { jobs, chunks, openJobs } = openDynamoDBJobStore(client, table);
  const backlog = new DynamoDBBacklog(client, table, DEADLINE_MS);
  await backlog.savePass(OPEN_AT_PASS, CREATED);
  await backlog.addAccepted(ACCEPTED_SINCE, CREATED);
  for (const { jobId } of [STARTED, ENDED]) {
    const job = { ...STARTED, jobId };
    await jobs.saveRequest(job, { ids: IDS, trace: TRACE });
    await jobs.commit({ ...job, look: NEW }, 'the creator', CREATED);
    const first = makeChunk(job, 0);
    const second = makeChunk(job, 1);
    await chunks.claim(first, 'a worker', CREATED, CREATED + 330_000);
    if (job.jobId === STARTED.jobId) {
      await openJobs.postpone({ ...job, look: NEW }, LOOKED_AT);
      continue;
    }
    await chunks.settle(first, 'a worker', FAILURES, CREATED + 2_000);
    await jobs.addChunk(first, true);
    await openJobs.postpone({ ...job, look: NEW }, { ...LOOKED_AT, settled: 1 });
    await chunks.claim(second, 'a worker', CREATED, CREATED + 330_000);
    await chunks.settle(second, 'a worker', [], CREATED + 3_000);
    await jobs.addChunk(second, false);
    await openJobs.close(job, CREATED + 3_000);
  }
}

export function makeChunk({ accountId, projectId, jobId, createdAt, expiresAt }: Job, index: number) {
  return { accountId, projectId, jobId, createdAt, expiresAt, index };
}

async function writeTargetGroups({ client, targetGroups: TableName }: TestTables): Promise<void> {
  for (const Item of [makeProjectItem(TENANT), ...IDS.map((id) => makeTargetGroupItem(makeGroup(id)))]) {
    await client.send(new PutItemCommand({ TableName, Item }));
  }
  const move = { action: 'resume', mark: makeMark(ENDED), by: CREATOR } as const;
  const key = makeGroup(IDS_OF_MOVED);
  await new DynamoDBTargetGroups(client, TableName).move(key, {
    ...move,
    now: formatTimestamp(CREATED + 1_000),
  });
}

export function openOnce({ client, idempotency: table }: TestTables) {
  const context = { getRemainingTimeInMillis: () => 10_000, awsRequestId: 'r' } as Context;
  return makePowertoolsOnce({ client, table, ttlSeconds: 3_600 })(context);
}

export function openKeySets({ client, keySets: table }: TestTables): DynamoDBKeySets {
  return new DynamoDBKeySets(client, table, 86_400_000);
}

/**
 * Opens the checkpoint of a data file that is always the same.
 *
 * @param stored what an earlier import has left in the checkpoint's file
 */
export async function withCheckpoint<T>(
  stored: string | undefined,
  use: (checkpoint: Checkpoint) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'checkpoint-'));
  try {
    const file = join(folder, 'groups.csv');
    writeFileSync(file, 'the data\n');
    const checkpoint = await Checkpoint.open(file, '["here","target-groups","skip"]');
    if (stored !== undefined) writeFileSync(checkpoint.path, stored);
    return await use(checkpoint);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function scan(client: DynamoDBClient, TableName: string): Promise<StoredItem[]> {
  const { Items = [] } = await client.send(new ScanCommand({ TableName, ConsistentRead: true }));
  const name = (item: StoredItem) => JSON.stringify([item['pk'], item['sk'], item['id']]);
  return Items.sort((a, b) => (name(a) < name(b) ? -1 : 1));
}
