/**
 * What a function reports when it cannot do its work, and what operators find of it:
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-invokeerror
 */
import { describe, expect, test } from '@jest/globals';
import { makeApiEvent, makeQueueEvent, makeScheduleEvent } from '../rigs/lambda-runtime/events.ts';
import {
  makeFieldingRunsEvent,
  makeJobEvent,
  makeCreateEvent,
  readAnswer,
} from '../rigs/lambda-runtime/requests.ts';
import type { LambdaRuntimeRig } from '../rigs/lambda-runtime/rig.ts';
import { makeRefusal } from '../rigs/cloudwatch/call-interceptor.ts';
import { storeJobOfSize } from '../rigs/wiring/jobs.ts';
import { anId, TENANT } from '../support/builders.ts';
import { waitUntil } from '../support/wait-until.ts';

const FUNCTIONS = ['CreateJob', 'GetJob', 'GetFieldingRuns', 'NotFound', 'Worker', 'Reconcile'] as const;

/** What the rig's environments need; not-found needs nothing. */
const REQUIRED = {
  CreateJob: 'IDEMPOTENCY_TABLE',
  GetJob: 'TOKEN_ISSUER',
  GetFieldingRuns: 'TARGET_GROUPS_TABLE',
  Worker: 'CHUNKS_QUEUE_URL',
  Reconcile: 'DEADLINE_SECONDS',
} as const;

export function describeErrors(rig: LambdaRuntimeRig): void {
  const refuseStore = (operation: string, ...parts: string[]) =>
    rig.dynamoDB.interceptAll(operation, parts, makeRefusal('ValidationException'));

  describe('of a function that cannot be loaded', () => {
    test.each(Object.entries(REQUIRED))('%s without %s is reported, and ends it', async (name, variable) => {
      const environment = await rig.startEnvironment(name, { [variable]: undefined });
      expect(await environment.exit).toEqual({ code: 1, signal: null });
      const errorMessage = expect.stringContaining(`${variable} is undefined`) as unknown;
      expect(environment.initError).toMatchObject({
        errorType: 'EnvironmentError',
        errorMessage,
        header: 'EnvironmentError',
      });
      expect(rig.findErrorLines(name, environment)).toContainEqual(
        expect.stringMatching(new RegExp(`Init Error.*${variable} is undefined`)),
      );
    });
  });

  describe('of the store', () => {
    test('is answered by every HTTP function, and not reported to Lambda', async () => {
      const project = { ...TENANT, projectId: anId('P') };
      const endings = [refuseStore('GetItem', project.projectId), refuseStore('Query', project.projectId)];
      const headers = { authorization: `Bearer ${await rig.signToken()}` };
      const events = {
        CreateJob: makeCreateEvent(project, [anId()], headers),
        GetJob: makeJobEvent(project, anId('J'), headers),
        GetFieldingRuns: makeFieldingRunsEvent(project, anId(), headers),
      };
      for (const [name, event] of Object.entries(events)) {
        const environment = await rig.startEnvironment(name);
        const { statusCode, body } = readAnswer(await environment.invoke(event));
        expect(statusCode).toBe(500);
        const { id } = body as { id: string };
        const line = await waitUntil(() => rig.findErrorLines(name, environment)[0]);
        expect(JSON.parse(line)).toMatchObject({ message: 'request.failed', error_id: id });
      }
      for (const end of endings) end();
    });

    test('makes the worker hand the messages back, and is not reported to Lambda', async () => {
      const { job, messages } = await storeJobOfSize(rig, 2, 1);
      const end = refuseStore('UpdateItem', job.jobId);
      for (const body of messages) await rig.sendMessage(body);
      const received = await rig.receiveMessages(2, job.projectId);
      const worker = await rig.startEnvironment('Worker');
      const batchItemFailures = received.map(({ MessageId }) => ({ itemIdentifier: MessageId }));
      expect(await worker.invoke(makeQueueEvent(received))).toEqual({
        kind: 'response',
        body: JSON.stringify({ batchItemFailures }),
      });
      end();
      await rig.deleteMessages(received);
    });

    test('is reported by reconcile, whose next run works', async () => {
      const reconcile = await rig.startEnvironment('Reconcile');
      const end = refuseStore('Query');
      expect(await reconcile.invoke(makeScheduleEvent())).toMatchObject({
        kind: 'error',
        error: { errorType: 'ValidationException', errorMessage: 'refused by the test' },
      });
      end();
      const line = await waitUntil(() =>
        rig.findErrorLines('Reconcile', reconcile).find((text) => text.includes('Invoke Error')),
      );
      expect(line).toContain('refused by the test');
      expect(await reconcile.invoke(makeScheduleEvent())).toMatchObject({ kind: 'response' });
    });
  });

  test.each(FUNCTIONS)(
    'of %s on an event of another source is reported, if it reads events',
    async (name) => {
      const environment = await rig.startEnvironment(name);
      const ending = await environment.invoke({ key1: 'value1' });
      if (name === 'Reconcile') {
        expect(ending).toEqual({ kind: 'response', body: 'null' });
        return;
      }
      expect(ending).toMatchObject({ kind: 'error', error: { errorType: expect.any(String) as unknown } });
      await waitUntil(() =>
        rig.findErrorLines(name, environment).find((text) => text.includes('Invoke Error')),
      );
      // The environment goes on.
      const next = name === 'Worker' ? makeQueueEvent([]) : makeApiEvent({ routeKey: '$default', path: '/' });
      expect(await environment.invoke(next)).toMatchObject({ kind: 'response' });
    },
  );
}
