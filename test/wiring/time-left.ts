/** When a function stops by itself: each bundle in this process, with a clock that the test moves. */
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { makeCollectionPath, makeFieldingRunsPath, makeJobPath } from '../../api/paths.ts';
import { makeRefusal } from '../rigs/cloudwatch/call-interceptor.ts';
import { type Handler, StoppedClock, makeContext, loadBundle } from '../rigs/wiring/in-process.ts';
import { makeQueueEvent, storeJob, storeJobOfSize, refuseForNow } from '../rigs/wiring/jobs.ts';
import type { WiringRig } from '../rigs/wiring/rig.ts';
import { SETTINGS } from '../rigs/wiring/settings.ts';
import { anId } from '../support/builders.ts';
import { aProject } from '../support/e2e.ts';
import { setSampled } from '../support/lambda-environment.ts';

interface HttpAnswer {
  readonly statusCode: number;
  readonly body: string;
}

export function describeTimeLeft(rig: WiringRig): void {
  const { recording } = rig;

  // What the functions print.
  beforeEach(() => {
    jest.spyOn(process.stdout, 'write').mockImplementation(() => true);
    jest.spyOn(process.stderr, 'write').mockImplementation(() => true);
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  async function makeHttpEvent(method: string, path: string, parameters: object, body?: unknown) {
    const token = await rig.signToken('batch-jobs:write batch-jobs:read');
    return {
      routeKey: `${method} ${path}`,
      rawPath: path,
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        'idempotency-key': randomUUID(),
      },
      pathParameters: parameters,
      requestContext: { http: { method } },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      isBase64Encoded: false,
    };
  }

  describe.each([
    { name: 'before', shift: -400, sends: 5 },
    { name: 'after', shift: 400, sends: 1 },
  ])('$name it stops', ({ shift, sends }) => {
    test(`create-job, 3 s before its end, has sent ${sends} times`, async () => {
      const handler = await loadBundle(rig, 'CreateJob');
      const { tenant, ids } = await aProject(rig.unobserved, [{}]);
      const path = makeCollectionPath(tenant, 'resume');
      const parameters = { account_id: String(tenant.accountId), project_id: tenant.projectId };
      const event = await makeHttpEvent('POST', path, parameters, { target_group_ids: ids });
      using clock = new StoppedClock();
      rig.sqs.interceptAll('SendMessageBatch', [tenant.projectId], (call, forward) => {
        clock.moveTo(22_000 + shift);
        return refuseForNow(call, forward);
      });
      const answer = (await handler(event, makeContext(25_000))) as HttpAnswer;
      expect(answer.statusCode).toBe(201);
      expect(recording.listCalls('SendMessageBatch', tenant.projectId)).toHaveLength(sends);
    });

    test(`reconcile, after 45 % of the time until 10 s before its end, has sent ${sends} times`, async () => {
      const handler = await loadBundle(rig, 'Reconcile');
      const { job } = await storeJob(rig, {
        ...(await aProject(rig.unobserved, [{}])),
        chunkSize: 1,
        dueInSeconds: -1,
      });
      using clock = new StoppedClock();
      rig.sqs.interceptAll('SendMessageBatch', [job.jobId], (call, forward) => {
        clock.moveTo(18_000 + shift);
        return refuseForNow(call, forward);
      });
      await handler({}, makeContext(50_000));
      expect(recording.listCalls('SendMessageBatch', job.jobId)).toHaveLength(sends);
    });

    test(`worker, 7.5 s before its end, ${sends > 1 ? 'does' : 'hands back'} the next chunk`, async () => {
      const handler = await loadBundle(rig, 'Worker');
      const { job, ids, messages } = await storeJobOfSize(rig, 2, 1);
      const [first = '', second = ''] = ids;
      using clock = new StoppedClock();
      const stopsAfter = 32_000 - 7_500;
      const moved = rig.dynamoDB.interceptNext('UpdateItem', [`#${first}"`], (_call, forward) => {
        clock.moveTo(stopsAfter + shift);
        return forward();
      });
      const answer = await handler(makeQueueEvent(messages.map((body) => ({ body }))), makeContext(32_000));
      await moved;
      const back = sends > 1 ? [] : [{ itemIdentifier: 'message-1' }];
      expect(answer).toEqual({ batchItemFailures: back });
      expect(recording.listCalls('UpdateItem', `#${second}"`)).toHaveLength(sends > 1 ? 1 : 0);
      // The next chunk is not even claimed, so that it is free for another worker at once.
      expect(recording.listCalls('UpdateItem', job.jobId, 'SET claimed_by')).toHaveLength(sends > 1 ? 2 : 1);
      expect(recording.listCalls('UpdateItem', job.jobId, 'SET claimed_until')).toEqual([]);
    });
  });

  describe('an invocation that Lambda samples', () => {
    beforeEach(() => {
      setSampled(true);
    });
    afterEach(() => {
      delete process.env['_X_AMZN_TRACE_ID'];
    });

    /** Reads the traces that Lambda is to carry on in the workers of a job. */
    const listTraceHeaders = (part: string) =>
      recording
        .listCalls('SendMessageBatch', part)
        .flatMap(({ input }) => input.Entries ?? [])
        .map((entry) => entry.MessageSystemAttributes?.['AWSTraceHeader']?.StringValue);

    test('of create-job has its worker recorded', async () => {
      const handler = await loadBundle(rig, 'CreateJob');
      const { tenant, ids } = await aProject(rig.unobserved, [{}]);
      const path = makeCollectionPath(tenant, 'resume');
      const parameters = { account_id: String(tenant.accountId), project_id: tenant.projectId };
      const event = await makeHttpEvent('POST', path, parameters, { target_group_ids: ids });
      expect(await handler(event, makeContext(25_000))).toMatchObject({ statusCode: 201 });
      expect(listTraceHeaders(tenant.projectId)).toEqual([expect.stringMatching(/;Sampled=1$/)]);
    });

    test('of reconcile has the workers of both queues recorded', async () => {
      const handler = await loadBundle(rig, 'Reconcile');
      const store = async (ageSeconds: number) =>
        storeJob(rig, {
          ...(await aProject(rig.unobserved, [{}])),
          chunkSize: 1,
          ageSeconds,
          dueInSeconds: -1,
        });
      const jobs = [await store(700), await store(SETTINGS.deadlineSeconds + 1)];
      await handler({}, makeContext(50_000));
      for (const { job } of jobs) {
        expect(listTraceHeaders(job.jobId)).toEqual([expect.stringMatching(/;Sampled=1$/)]);
      }
    });
  });

  /** Asks for what the store does not answer to before the function has answered. */
  async function answerWithoutStore(handler: Handler, event: object, key: string): Promise<HttpAnswer> {
    const answered = Promise.withResolvers<undefined>();
    rig.dynamoDB.interceptAll('GetItem', [key], async (call, forward) => {
      await answered.promise;
      return makeRefusal('ValidationException')(call, forward);
    });
    const answer = (await handler(event, makeContext(1_200))) as HttpAnswer;
    // Had it waited for the store, that would have been asked a second time.
    expect(recording.listCalls('GetItem', key).length).toBeLessThan(2);
    answered.resolve(undefined);
    return answer;
  }

  test('an HTTP function answers by itself half a second before it would be cut off', async () => {
    const { tenant, ids } = await aProject(rig.unobserved, [{}]);
    const parameters = { account_id: String(tenant.accountId), project_id: tenant.projectId };
    const [id = ''] = ids;
    const jobId = anId('J');
    const create = await makeHttpEvent('POST', makeCollectionPath(tenant, 'resume'), parameters, {
      target_group_ids: ids,
    });
    const read = await makeHttpEvent('GET', makeJobPath(tenant, 'resume', '{job_id}'), {
      ...parameters,
      job_id: jobId,
    });
    const look = await makeHttpEvent('GET', makeFieldingRunsPath(tenant, id), {
      ...parameters,
      target_group_id: id,
    });
    const pk = `${tenant.accountId}#${tenant.projectId}`;
    const answers = [
      answerWithoutStore(await loadBundle(rig, 'CreateJob'), create, `"${pk}"`),
      answerWithoutStore(await loadBundle(rig, 'GetJob'), read, jobId),
      answerWithoutStore(await loadBundle(rig, 'GetFieldingRuns'), look, `"${pk}#${id}"`),
    ];
    for (const { statusCode, body } of await Promise.all(answers)) {
      expect(statusCode).toBe(500);
      expect(JSON.parse(body)).toMatchObject({
        id: expect.stringMatching(/^[0-9a-f-]{36}$/) as unknown,
        detail: expect.any(String) as unknown,
      });
    }
  });
}
