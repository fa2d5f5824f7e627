/**
 * A function answers by itself before Lambda ends it; and what one that was ended leaves behind, another
 * environment finishes.
 */
import { expect, test } from '@jest/globals';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { makeTargetGroupKey } from '../../src/adapters/dynamodb/target-group-item.ts';
import type { Interception } from '../rigs/cloudwatch/call-interceptor.ts';
import { makeQueueEvent } from '../rigs/lambda-runtime/events.ts';
import type { ExecutionEnvironment } from '../rigs/lambda-runtime/execution-environment.ts';
import {
  makeCreateEvent,
  makeFieldingRunsEvent,
  makeJobEvent,
  readAnswer,
  readJobId,
} from '../rigs/lambda-runtime/requests.ts';
import type { LambdaRuntimeRig } from '../rigs/lambda-runtime/rig.ts';
import { leaveUnanswered, storeJob } from '../rigs/wiring/jobs.ts';
import { keepSilent } from '../../tools/kit/http-server.ts';
import { anId } from '../support/builders.ts';
import { aProject, scanTable } from '../support/e2e.ts';
import { waitUntil } from '../support/wait-until.ts';

export function describeTimeouts(rig: LambdaRuntimeRig): void {
  /** Carries out the call that comes next, and makes the function hang before it has the answer. */
  const hangAfter =
    (environment: ExecutionEnvironment): Interception =>
    async (_call, forward) => {
      await forward();
      environment.hang();
      return keepSilent();
    };

  const hangBefore =
    (environment: ExecutionEnvironment): Interception =>
    () => {
      environment.hang();
      return keepSilent();
    };

  const scanJobs = async (projectId: string) =>
    (await scanTable(rig.unobserved, 'TablesJobs')).filter(
      ({ pk, sk }) => String(pk).includes(`#${projectId}#`) && sk === 'META',
    );

  const readVersions = async (projectId: string) =>
    (await scanTable(rig.unobserved, 'TablesTargetGroups'))
      .filter(({ pk }) => String(pk).includes(`#${projectId}#`))
      .map(({ version }) => version);

  const makeHeaders = async () => ({
    authorization: `Bearer ${await rig.signToken()}`,
    'idempotency-key': anId('K'),
  });

  test.each(['CreateJob', 'GetJob', 'GetFieldingRuns'])('%s answers its own error in time', async (name) => {
    const { tenant, ids } = await aProject(rig.unobserved, [{}]);
    const [id = ''] = ids;
    const headers = await makeHeaders();
    const jobId = anId('J');
    const events: Record<string, [event: APIGatewayProxyEventV2, key: string]> = {
      CreateJob: [makeCreateEvent(tenant, ids, headers), `"${tenant.accountId}#${tenant.projectId}"`],
      GetJob: [makeJobEvent(tenant, jobId, headers), jobId],
      GetFieldingRuns: [makeFieldingRunsEvent(tenant, id, headers), id],
    };
    const [event, key] = events[name] ?? [];
    const end = rig.dynamoDB.interceptAll('GetItem', [key ?? ''], leaveUnanswered);
    const environment = await rig.startEnvironment(name);
    const answer = readAnswer(await environment.invoke(event, { timeoutMs: 1_500, graceMs: 10_000 }));
    expect(answer).toMatchObject({ statusCode: 500, body: { object: 'unexpected_internal_error' } });
    // Had it waited for the store, that would have been asked a second time.
    expect(rig.recording.listCalls('GetItem', key ?? '')).toHaveLength(1);
    end();
  });

  test('worker hands back in time what it cannot finish', async () => {
    const { tenant, ids } = await aProject(rig.unobserved, [{}, {}]);
    const [id = ''] = ids;
    const { messages } = await storeJob(rig, { tenant, ids, chunkSize: 1 });
    for (const body of messages) await rig.sendMessage(body);
    const received = await rig.receiveMessages(2, tenant.projectId);
    const { pk } = makeTargetGroupKey({ ...tenant, targetGroupId: id });
    const end = rig.dynamoDB.interceptAll('UpdateItem', [`"${pk}"`], leaveUnanswered);
    const worker = await rig.startEnvironment('Worker');
    const ending = await worker.invoke(makeQueueEvent(received));
    const unfinished = received.filter(({ Body }) => Body?.includes(`"${id}"`) === true);
    expect(ending).toMatchObject({ kind: 'response' });
    const failures = unfinished.map(({ MessageId }) => ({ itemIdentifier: MessageId }));
    expect(ending.kind === 'response' && JSON.parse(ending.body)).toEqual({
      batchItemFailures: expect.arrayContaining(failures) as unknown,
    });
    end();
    await rig.deleteMessages(received);
  });

  test('another worker finishes what one that was ended at its deadline has begun', async () => {
    const { tenant, ids } = await aProject(rig.unobserved, [{}, {}, {}]);
    const { messages } = await storeJob(rig, { tenant, ids, chunkSize: 3 });
    for (const body of messages) await rig.sendMessage(body);
    const received = await rig.receiveMessages(1, tenant.projectId);
    const event = makeQueueEvent(received);
    const first = await rig.startEnvironment('Worker');
    void rig.dynamoDB.interceptNext('UpdateItem', [`#${tenant.projectId}#T`], hangAfter(first));
    expect(await first.invoke(event, { timeoutMs: 2_000 })).toEqual({
      kind: 'exit',
      code: null,
      signal: 'SIGKILL',
    });

    const second = await rig.startEnvironment('Worker');
    const handedBack: string[] = [];
    const body = await waitUntil(async () => {
      const ending = await second.invoke(event);
      if (ending.kind !== 'response') throw new Error(JSON.stringify(ending));
      if (ending.body === '{"batchItemFailures":[]}') return ending.body;
      handedBack.push(ending.body);
      return false;
    }, 500);
    await rig.deleteMessages(received);
    expect(body).toBe('{"batchItemFailures":[]}');
    // While the claim of the first lasts, nothing is done twice.
    expect(handedBack.length).toBeGreaterThan(0);
    expect(await readVersions(tenant.projectId)).toEqual([4, 4, 4]);
    expect(await scanJobs(tenant.projectId)).toEqual([
      expect.objectContaining({ closed_at: expect.any(Number) as unknown }),
    ]);
  });

  test.each([
    { when: 'before its commit', hang: hangBefore, replayed: undefined },
    { when: 'after its commit', hang: hangAfter, replayed: 'true' },
  ])('a creation that was ended $when is repeated with the same job', async ({ hang, replayed }) => {
    const { tenant, ids } = await aProject(rig.unobserved, [{}, {}]);
    const event = makeCreateEvent(tenant, ids, await makeHeaders());
    const first = await rig.startEnvironment('CreateJob');
    void rig.dynamoDB.interceptNext('PutItem', [tenant.projectId, '"META"'], hang(first));
    expect(await first.invoke(event, { timeoutMs: 1_500 })).toMatchObject({
      kind: 'exit',
      signal: 'SIGKILL',
    });

    const second = await rig.startEnvironment('CreateJob');
    const ending = await second.invoke(event);
    expect(readAnswer(ending).headers['idempotent-replayed']).toBe(replayed);
    const jobs = await scanJobs(tenant.projectId);
    expect(jobs).toHaveLength(1);
    expect(String(jobs[0]?.['pk'])).toContain(readJobId(ending));
  });
}
