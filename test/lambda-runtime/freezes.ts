/**
 * Lambda freezes an environment between two invocations, for minutes. Nothing of the first may still go on
 * then, and connections that died meanwhile must not fail the second:
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
 */
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { MAX_IDLE_MS } from '../../src/adapters/lambda/connections.ts';
import type { TargetGroup } from '../../src/domain/target-group.ts';
import { makeRefusal } from '../rigs/cloudwatch/call-interceptor.ts';
import { makeApiEvent, makeQueueEvent, makeScheduleEvent } from '../rigs/lambda-runtime/events.ts';
import {
  makeCreateEvent,
  makeFieldingRunsEvent,
  makeJobEvent,
  readAnswer,
  readJobId,
} from '../rigs/lambda-runtime/requests.ts';
import type { Relay } from '../rigs/lambda-runtime/relay.ts';
import type { LambdaRuntimeRig } from '../rigs/lambda-runtime/rig.ts';
import { storeJob } from '../rigs/wiring/jobs.ts';
import { anId } from '../support/builders.ts';
import { aProject, scanTable } from '../support/e2e.ts';
import { waitUntil } from '../support/wait-until.ts';

const DEATHS: { readonly how: string; readonly end: (relay: Relay) => number }[] = [
  { how: 'closed by the other end', end: (relay) => relay.closeConnections() },
  { how: 'forgotten on the way', end: (relay) => relay.forgetConnections() },
];

export function describeFreezes(rig: LambdaRuntimeRig): void {
  const makeHeaders = async () => ({ authorization: `Bearer ${await rig.signToken()}` });

  /** Ends every connection to the stores. @returns their number */
  const endConnections = (end: (relay: Relay) => number) => end(rig.relays.dynamoDB) + end(rig.relays.sqs);

  async function receiveJob(count: number, chunkSize: number, overrides: Partial<TargetGroup> = {}) {
    const groups = Array<Partial<TargetGroup>>(count).fill(overrides);
    const { tenant, ids } = await aProject(rig.unobserved, groups);
    const { job, messages } = await storeJob(rig, { tenant, ids, chunkSize });
    for (const body of messages) await rig.sendMessage(body);
    const received = await rig.receiveMessages(messages.length, tenant.projectId);
    await rig.deleteMessages(received);
    return { job, event: makeQueueEvent(received) };
  }

  test.each(DEATHS)('whose connections were $how is not seen by callers', async ({ end }) => {
    const { tenant, ids } = await aProject(rig.unobserved, [{}, {}]);
    const headers = await makeHeaders();
    const createJob = await rig.startEnvironment('CreateJob');
    const create = () => createJob.invoke(makeCreateEvent(tenant, ids, headers));
    const jobId = readJobId(await create());
    const getJob = await rig.startEnvironment('GetJob');
    const getFieldingRuns = await rig.startEnvironment('GetFieldingRuns');
    const ask = () => getJob.invoke(makeJobEvent(tenant, jobId, headers));
    const look = () => getFieldingRuns.invoke(makeFieldingRunsEvent(tenant, ids[0] ?? '', headers));
    expect(readAnswer(await ask()).statusCode).toBe(200);
    expect(readAnswer(await look()).statusCode).toBe(200);

    expect(endConnections(end)).toBeGreaterThanOrEqual(4);
    readJobId(await create());
    expect(readAnswer(await ask()).statusCode).toBe(200);
    expect(readAnswer(await look()).statusCode).toBe(200);
    expect(createJob.lines.filter((line) => line.includes('fan-out.failed'))).toEqual([]);
  });

  test.each(DEATHS)('whose connections were $how does not fail the worker', async ({ end }) => {
    const worker = await rig.startEnvironment('Worker');
    const first = await receiveJob(40, 20);
    expect(await worker.invoke(first.event)).toMatchObject({ body: '{"batchItemFailures":[]}' });
    const second = await receiveJob(40, 20);
    expect(endConnections(end)).toBeGreaterThanOrEqual(16);
    expect(await worker.invoke(second.event)).toMatchObject({ body: '{"batchItemFailures":[]}' });
  });

  test('whose connections were forgotten on the way makes no move of the worker uncertain', async () => {
    const worker = await rig.startEnvironment('Worker');
    const first = await receiveJob(40, 20);
    expect(await worker.invoke(first.event)).toMatchObject({ body: '{"batchItemFailures":[]}' });
    const second = await receiveJob(40, 20, { status: 'draft' });
    // The worker must see by its own clock how long it was frozen.
    await pause(MAX_IDLE_MS + 100);
    expect(endConnections((relay) => relay.forgetConnections())).toBeGreaterThanOrEqual(16);
    // A refusal after an uncertain move is not final for 5 seconds. This worker has no such time left, and
    // hands the chunk back.
    expect(await worker.invoke(second.event)).toMatchObject({ body: '{"batchItemFailures":[]}' });
    const settled = await waitUntil(() => {
      const records = worker.records.filter(({ message }) => message === 'chunk.settled');
      return records.length >= 4 && records;
    });
    expect(settled).toMatchObject([{ updated: 20 }, { updated: 20 }, { failed: 20 }, { failed: 20 }]);
  });

  test.each(DEATHS)('whose connections were $how does not fail reconcile', async ({ end }) => {
    const reconcile = await rig.startEnvironment('Reconcile');
    const makeStalledJobs = async () => {
      for (let i = 0; i < 4; i += 1) {
        const { tenant, ids } = await aProject(rig.unobserved, [{}]);
        await storeJob(rig, { tenant, ids, chunkSize: 1, dueInSeconds: -1 });
      }
    };
    await makeStalledJobs();
    expect(await reconcile.invoke(makeScheduleEvent())).toMatchObject({ kind: 'response' });
    await makeStalledJobs();
    expect(endConnections(end)).toBeGreaterThanOrEqual(4);
    expect(await reconcile.invoke(makeScheduleEvent())).toMatchObject({ kind: 'response' });
    expect(
      reconcile.lines.filter((line) => /"level":"(WARN|ERROR)"/.test(line) && !line.includes('re-enqueued')),
    ).toEqual([]);
  });

  test('finds nothing of an invocation still going on', async () => {
    const { tenant, ids } = await aProject(rig.unobserved, [{}, {}, {}]);
    const headers = await makeHeaders();
    // The last call of a creation takes longer than what runs beside it.
    const end = rig.sqs.interceptAll('SendMessageBatch', [tenant.projectId], async (_call, forward) => {
      await pause(300);
      return forward();
    });
    const createJob = await rig.startEnvironment('CreateJob');
    const jobId = readJobId(await createJob.invoke(makeCreateEvent(tenant, ids, headers)));
    const getJob = await rig.startEnvironment('GetJob');
    const getFieldingRuns = await rig.startEnvironment('GetFieldingRuns');
    const worker = await rig.startEnvironment('Worker');
    const reconcile = await rig.startEnvironment('Reconcile');
    const messages = await rig.receiveMessages(2, tenant.projectId);
    await rig.deleteMessages(messages);
    const unknown = makeApiEvent({ routeKey: '$default', path: '/' });
    // After each invocation another that calls nothing: what is called then is of the first.
    const pairs = [
      [createJob, makeCreateEvent(tenant, ids, headers), unknown],
      [getJob, makeJobEvent(tenant, jobId, headers), unknown],
      [getFieldingRuns, makeFieldingRunsEvent(tenant, ids[0] ?? '', headers), unknown],
      [worker, makeQueueEvent(messages), makeQueueEvent([])],
    ] as const;
    const since = rig.recording.list().length;
    for (const [environment, event, nothing] of pairs) {
      expect(await environment.invoke(event)).toMatchObject({ kind: 'response' });
      expect(rig.listCallsAfter(environment.endedAt, since)).toEqual([]);
      const { endedAt } = environment;
      await environment.invoke(nothing);
      expect(rig.listCallsAfter(endedAt, since)).toEqual([]);
    }
    await reconcile.invoke(makeScheduleEvent());
    expect(rig.listCallsAfter(reconcile.endedAt, since)).toEqual([]);
    end();
  });

  test('comes after the segment of a recorded request was sent', async () => {
    const notFound = await rig.startEnvironment('NotFound');
    const event = makeApiEvent({ routeKey: '$default', path: '/' });
    for (const digit of ['7', '8', '9']) {
      const root = `1-${digit.repeat(8)}-${digit.repeat(24)}`;
      await notFound.invoke(event, { traceId: `Root=${root};Parent=${digit.repeat(16)};Sampled=1` });
      // The process is frozen while this waits.
      const [segment] = await rig.daemon.waitForSegments(1, ({ trace_id }) => trace_id === root);
      expect(segment).toMatchObject({ subsegments: [{ name: '## index.handler' }] });
    }
  });

  test('finds nothing of a failed run of reconcile still going on', async () => {
    const reconcile = await rig.startEnvironment('Reconcile');
    const failed = Promise.withResolvers<undefined>();
    const ends = [
      // The other shards of the index fail at once, while the first one is still being read.
      rig.dynamoDB.interceptAll('Query', ['"00"'], async (call, forward) => {
        await Promise.race([failed.promise, pause(1_000)]);
        return makeRefusal('ValidationException')(call, forward);
      }),
      rig.dynamoDB.interceptAll('Query', [], makeRefusal('ValidationException')),
    ];
    const since = rig.recording.list().length;
    const ending = await reconcile.invoke(makeScheduleEvent());
    failed.resolve(undefined);
    expect(ending).toMatchObject({ kind: 'error', error: { errorType: 'ValidationException' } });
    expect(rig.listCallsAfter(reconcile.endedAt, since)).toEqual([]);
    for (const end of ends) end();
  });

  test('in the middle of a creation that was answered with an error does it no harm', async () => {
    const { tenant, ids } = await aProject(rig.unobserved, [{}, {}]);
    const headers = { ...(await makeHeaders()), 'idempotency-key': anId('K') };
    const event = makeCreateEvent(tenant, ids, headers);
    const createJob = await rig.startEnvironment('CreateJob');
    const answered = Promise.withResolvers<undefined>();
    const held = rig.dynamoDB.interceptNext(
      'PutItem',
      [tenant.projectId, '"META"'],
      async (_call, forward) => {
        await answered.promise;
        return forward();
      },
    );
    const ending = await createJob.invoke(event, { timeoutMs: 1_500, graceMs: 10_000 });
    expect(readAnswer(ending).statusCode).toBe(500);
    answered.resolve(undefined);
    await held;

    const repeated = await createJob.invoke(event);
    const jobs = (await scanTable(rig.unobserved, 'TablesJobs')).filter(
      ({ pk, sk }) => String(pk).includes(`#${tenant.projectId}#`) && sk === 'META',
    );
    // The first may have been frozen again before it sent the chunks: then reconcile does.
    expect(jobs.map(({ pk }) => String(pk).split('#')[2])).toEqual([readJobId(repeated)]);
  });
}
