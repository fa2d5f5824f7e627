/** Each function gets the event that AWS documents for what invokes it, and does its work. */
import { expect, test } from '@jest/globals';
import { makeApiEvent, makeQueueEvent, makeScheduleEvent } from '../rigs/lambda-runtime/events.ts';
import {
  makeCreateEvent,
  makeFieldingRunsEvent,
  makeJobEvent,
  readAnswer,
  readJobId,
} from '../rigs/lambda-runtime/requests.ts';
import type { LambdaRuntimeRig } from '../rigs/lambda-runtime/rig.ts';
import { storeJob } from '../rigs/wiring/jobs.ts';
import { aProject, scanTable } from '../support/e2e.ts';

export function describeAnswers(rig: LambdaRuntimeRig): void {
  const startReady = async (name: string) => (await rig.startEnvironment(name)).waitUntilIdle();
  const scanJob = async (jobId: string) =>
    (await scanTable(rig.unobserved, 'TablesJobs')).filter(({ pk }) => String(pk).endsWith(`#${jobId}`));

  test('of the API and of the queue takes a job from its creation to its end', async () => {
    const { tenant, ids } = await aProject(rig.unobserved, [{}, {}, { status: 'archived' }]);
    const headers = { authorization: `Bearer ${await rig.signToken()}` };

    const createJob = await startReady('CreateJob');
    const created = makeCreateEvent(tenant, ids, headers);
    expect(rig.listRoutes('CreateJob')).toContain(created.routeKey);
    const jobId = readJobId(await createJob.invoke(created));
    expect((await scanJob(jobId)).map(({ sk }) => String(sk).split('#')[0]).sort()).toEqual([
      'META',
      'REQUEST',
    ]);

    const getJob = await startReady('GetJob');
    const asked = makeJobEvent(tenant, jobId, headers);
    expect(rig.listRoutes('GetJob')).toContain(asked.routeKey);
    expect(readAnswer(await getJob.invoke(asked))).toMatchObject({
      statusCode: 200,
      headers: { 'x-job-progress': '0/3' },
      body: { job_id: jobId, status: 'Processing' },
    });

    const messages = await rig.receiveMessages(2, tenant.projectId);
    const worker = await startReady('Worker');
    expect(await worker.invoke(makeQueueEvent(messages))).toEqual({
      kind: 'response',
      body: JSON.stringify({ batchItemFailures: [] }),
    });
    await rig.deleteMessages(messages);
    expect(readAnswer(await getJob.invoke(asked))).toMatchObject({
      statusCode: 200,
      headers: { 'x-job-progress': '3/3' },
      body: {
        status: 'Completed',
        updated_target_groups: { data: ids.slice(0, 2).map((id) => ({ target_group_id: id })) },
        failed_target_groups: { data: [{ target_group_id: ids[2] }] },
      },
    });

    const getFieldingRuns = await startReady('GetFieldingRuns');
    const looked = makeFieldingRunsEvent(tenant, ids[0] ?? '', headers);
    expect(rig.listRoutes('GetFieldingRuns')).toContain(looked.routeKey);
    expect(readAnswer(await getFieldingRuns.invoke(looked))).toMatchObject({ statusCode: 200 });
  });

  test('of the API that no route fits is answered 404', async () => {
    const notFound = await startReady('NotFound');
    expect(rig.listRoutes('NotFound')).toEqual(['$default']);
    const answer = readAnswer(
      await notFound.invoke(makeApiEvent({ routeKey: '$default', path: '/my/path' })),
    );
    expect(answer).toMatchObject({ statusCode: 404, body: { object: 'not_found_error' } });
  });

  test('of the queue hands back the message that is none of ours, and no other', async () => {
    const { tenant, ids } = await aProject(rig.unobserved, [{}]);
    const { job, messages } = await storeJob(rig, { tenant, ids, chunkSize: 1 });
    const none = `none of ours, in ${tenant.projectId}`;
    for (const body of [none, ...messages]) await rig.sendMessage(body);
    const received = await rig.receiveMessages(2, tenant.projectId);
    const worker = await startReady('Worker');
    const bad = received.find(({ Body }) => Body === none);
    expect(await worker.invoke(makeQueueEvent(received))).toEqual({
      kind: 'response',
      body: JSON.stringify({ batchItemFailures: [{ itemIdentifier: bad?.MessageId }] }),
    });
    await rig.deleteMessages(received);
    expect(await scanJob(job.jobId)).toContainEqual(
      expect.objectContaining({ sk: 'META', closed_at: expect.any(Number) }),
    );
  });

  test('of the schedule sends the chunks of a stalled job again', async () => {
    const { tenant, ids } = await aProject(rig.unobserved, [{}, {}]);
    const { messages } = await storeJob(rig, { tenant, ids, chunkSize: 1, dueInSeconds: -1 });
    const reconcile = await startReady('Reconcile');
    expect(await reconcile.invoke(makeScheduleEvent())).toEqual({ kind: 'response', body: 'null' });
    const sent = await rig.receiveMessages(2, tenant.projectId);
    await rig.deleteMessages(sent);
    expect(sent.map(({ Body }) => Body).sort()).toEqual([...messages].sort());
  });
}
