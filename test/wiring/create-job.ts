/** create-job: what it stores of a job, for how long, and which messages it sends. */
import { expect, test } from '@jest/globals';
import { makeCollectionPath } from '../../api/paths.ts';
import { ALL_SCOPES } from '../../tools/local/issuer.ts';
import { refuseForNow, storeJob } from '../rigs/wiring/jobs.ts';
import type { WiringRig } from '../rigs/wiring/rig.ts';
import { ACCOUNTS_CLAIM, SETTINGS } from '../rigs/wiring/settings.ts';
import { anId, makeIds } from '../support/builders.ts';
import { SUBJECT } from '../support/api-client.ts';
import { aProject, findName } from '../support/e2e.ts';

/** How long a job can be read, in seconds. */
const RETENTION = SETTINGS.jobRetentionDays * 24 * 60 * 60;
/** How long the idempotency table remembers a call, in seconds. */
const IDEMPOTENCY = SETTINGS.idempotencyHours * 60 * 60;

/** No two attempts have one name. */
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

const TRACE_HEADERS = { traceparent: `00-${'c'.repeat(32)}-${'d'.repeat(16)}-01`, tracestate: 'foo=1,bar=2' };

interface Message {
  readonly chunk: Readonly<Record<string, unknown>>;
  readonly job: Readonly<Record<string, unknown>>;
  readonly only: boolean;
  readonly ids: readonly string[];
  readonly trace: { readonly traceparent: string; readonly tracestate: string };
}

export function describeCreateJob(rig: WiringRig): void {
  const { recording } = rig;

  /** Creates a job of so many target groups, and finds what was written and sent for it. */
  async function create(targetGroups: number) {
    const { tenant, ids: asked } = await aProject(rig.unobserved, Array<object>(targetGroups).fill({}));
    const before = Date.now();
    const jobId = await rig.createJob(tenant, asked, { headers: TRACE_HEADERS });
    const puts = recording.listCalls('PutItem', jobId).map((call) => call.item);
    const meta = puts.find(({ sk }) => sk === 'META') ?? {};
    const request = puts.find(({ sk }) => String(sk).startsWith('REQUEST#')) ?? {};
    const entries = recording
      .listCalls('SendMessageBatch', jobId)
      .flatMap(({ input }) => input.Entries ?? []);
    const messages = entries.map(({ MessageBody }) => JSON.parse(MessageBody) as Message);
    return { before, after: Date.now(), tenant, jobId, meta, request, entries, messages };
  }

  test.concurrent('keeps a job for jobRetentionDays, and has it looked at after stalledSeconds', async () => {
    const { before, after, meta, request } = await create(7);
    const createdAt = Date.parse(String(meta['created_at']));
    expect(createdAt).toBeGreaterThanOrEqual(before);
    expect(createdAt).toBeLessThanOrEqual(after);
    expect(meta).toMatchObject({
      total: 7,
      chunk_size: 3,
      created_by: SUBJECT,
      committed_by: expect.stringMatching(UUID),
      due_at: new Date(createdAt + SETTINGS.stalledSeconds * 1_000).toISOString(),
      deadline_at: new Date(createdAt + SETTINGS.deadlineSeconds * 1_000).toISOString(),
      expires_at: Math.floor(createdAt / 1000) + RETENTION,
    });
    expect(request).toHaveProperty('expires_at', meta['expires_at']);
  });

  test.concurrent('sends chunks of chunkSize, for the account, in the trace of the request', async () => {
    const { tenant, jobId, meta, entries, messages } = await create(7);
    const inOrder = messages.sort((a, b) => Number(a.chunk['index']) - Number(b.chunk['index']));
    expect(inOrder.map((message) => message.ids.length)).toEqual([3, 3, 1]);
    for (const [index, { chunk, job, only, trace }] of inOrder.entries()) {
      expect(chunk).toEqual({
        ...tenant,
        jobId,
        createdAt: meta['created_at'],
        expiresAt: meta['expires_at'],
        index,
      });
      expect(job).toEqual({ action: 'resume', createdBy: SUBJECT, deadlineAt: meta['deadline_at'] });
      expect(only).toBe(false);
      const [, traceId, spanId] = trace.traceparent.split('-');
      expect(traceId).toBe('c'.repeat(32));
      expect(trace.tracestate).toBe(`fielding-jobs=${String(spanId)},foo=1,bar=2`);
    }
    for (const { MessageGroupId, MessageSystemAttributes } of entries) {
      expect(MessageGroupId).toBe('101');
      // Lambda did not sample this invocation. A client's flag does not make it record the worker.
      expect(MessageSystemAttributes?.['AWSTraceHeader']).toBeUndefined();
    }
  });

  test.concurrent('says of the one chunk of a job that it is the only one', async () => {
    const { messages } = await create(3);
    expect(messages).toMatchObject([{ only: true, ids: { length: 3 } }]);
  });

  test.concurrent(
    'remembers a call for idempotencyHours, and holds it for its own time at most',
    async () => {
      await create(1);
      const table = findName(rig.stack.tables, 'Idempotency');
      const puts = recording.listCalls('PutItem', `"${table}"`);
      expect(puts.length).toBeGreaterThan(0);
      for (const { item, at } of puts) {
        expect(item['expiration']).toBeGreaterThanOrEqual(Math.floor(rig.startedAt / 1000) + IDEMPOTENCY);
        expect(item['expiration']).toBeLessThanOrEqual(Math.ceil(at / 1000) + IDEMPOTENCY);
        // Its 25 s.
        expect(item['in_progress_expiration']).toBeLessThanOrEqual(at + 25_000);
        expect(item['in_progress_expiration']).toBeGreaterThan(rig.startedAt + 20_000);
      }
      const completed = recording.listCalls('UpdateItem', `"${table}"`);
      expect(completed.length).toBeGreaterThan(0);
      for (const { values, at } of completed) {
        const numbers = Object.values(values).filter((value) => typeof value === 'number');
        expect(numbers).toHaveLength(1);
        expect(numbers[0]).toBeGreaterThanOrEqual(Math.floor(rig.startedAt / 1000) + IDEMPOTENCY);
        expect(numbers[0]).toBeLessThanOrEqual(Math.ceil(at / 1000) + IDEMPOTENCY);
      }
    },
  );

  test.concurrent('takes maxTargetGroupsPerJob target groups, and not one more', async () => {
    const { tenant } = await aProject(rig.unobserved);
    const path = makeCollectionPath(tenant, 'resume');
    expect(await rig.sendPost(path, makeIds(23))).toMatchObject({ status: 201 });
    const refused = await rig.sendPost(path, makeIds(24));
    expect(refused.status).toBe(400);
    expect(await refused.text()).toContain('23');
  });

  test.concurrent('answers that a project is unknown before the faults of a request', async () => {
    const tenant = { accountId: 101, projectId: anId('P') };
    const answer = await rig.sendPost(makeCollectionPath(tenant, 'resume'), makeIds(24));
    expect(answer.status).toBe(404);
  });

  /** Makes a project of another account, and a token for it. */
  async function enter(accountId: number) {
    const { tenant, ids: asked } = await aProject(rig.unobserved, [{}, {}], accountId);
    const token = await rig.signToken(ALL_SCOPES, { [ACCOUNTS_CLAIM]: [accountId] });
    const post = async (ids: readonly string[]) =>
      (await rig.sendPost(makeCollectionPath(tenant, 'resume'), ids, { token })).status;
    return { tenant, ids: asked, post };
  }

  test.concurrent('takes maxOpenTargetGroupsPerAccount target groups in open jobs', async () => {
    const { tenant, ids, post } = await enter(4_001);
    await storeJob(rig, { tenant, ids: makeIds(20_010), chunkSize: 3 });
    expect(await post(ids)).toBe(429);
    expect(await post(ids.slice(1))).toBe(201);
  });

  test.concurrent('counts what was accepted in half of deadlineSeconds towards the whole stack', async () => {
    await create(1);
    const reads = recording.listCalls('Query', '"BACKLOG"');
    expect(reads.length).toBeGreaterThan(0);
    const readBack = (SETTINGS.deadlineSeconds / 2) * 1_000;
    for (const { values, at } of reads) {
      const from = Date.parse(String(values[':from']).replace('ACCEPTED#', ''));
      expect(from).toBeLessThanOrEqual(at - readBack + 1_000);
      // What is accepted is added up by ten seconds.
      expect(from).toBeGreaterThan(rig.startedAt - readBack - 10_000);
    }
  });

  test.concurrent('takes maxOpenJobsPerAccount open jobs', async () => {
    const { ids, post } = await enter(4_003);
    expect(await post(ids)).toBe(201);
    // It reads as many as it compares with.
    expect(recording.listCalls('Query', '"4003#"')).toMatchObject([{ input: { Limit: 211 } }]);
  });

  test.concurrent('reads four times before it fails', async () => {
    const { tenant } = await aProject(rig.unobserved);
    rig.dynamoDB.interceptAll('GetItem', [tenant.projectId], refuseForNow);
    expect(await rig.sendPost(makeCollectionPath(tenant, 'resume'), [anId()])).toMatchObject({ status: 500 });
    expect(recording.listCalls('GetItem', tenant.projectId)).toHaveLength(4);
  });

  test.concurrent('sends five times, and has created the job also when none of it arrives', async () => {
    const { tenant, ids: asked } = await aProject(rig.unobserved, [{}]);
    rig.sqs.interceptAll('SendMessageBatch', [tenant.projectId], refuseForNow);
    expect(await rig.sendPost(makeCollectionPath(tenant, 'resume'), asked)).toMatchObject({ status: 201 });
    expect(recording.listCalls('SendMessageBatch', tenant.projectId)).toHaveLength(5);
  });

  test.concurrent('answers a repeated call without writing anything but its memory', async () => {
    const { tenant, ids: asked } = await aProject(rig.unobserved, [{}]);
    const headers = { 'idempotency-key': anId('K') };
    const jobId = await rig.createJob(tenant, asked, { headers });
    const writes = () => recording.listCalls('PutItem', tenant.projectId).length;
    const before = writes();
    expect(await rig.createJob(tenant, asked, { headers })).toBe(jobId);
    expect(writes()).toBe(before);
    expect(recording.listCalls('SendMessageBatch', tenant.projectId)).toHaveLength(1);
  });

  test.concurrent('finds no project in an account that has none of that name', async () => {
    const { tenant } = await aProject(rig.unobserved, [], 102);
    const path = makeCollectionPath({ ...tenant, accountId: 101 }, 'resume');
    expect(await rig.sendPost(path, [anId()])).toMatchObject({ status: 404 });
  });
}
