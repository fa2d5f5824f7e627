/** One environment serves one caller after the other, and keeps nothing of the one for the next. */
import { expect, test } from '@jest/globals';
import { makeQueueEvent } from '../rigs/lambda-runtime/events.ts';
import type { ExecutionEnvironment } from '../rigs/lambda-runtime/execution-environment.ts';
import { makeCreateEvent, readAnswer, readJobId } from '../rigs/lambda-runtime/requests.ts';
import type { LambdaRuntimeRig } from '../rigs/lambda-runtime/rig.ts';
import { storeJob } from '../rigs/wiring/jobs.ts';
import { anId } from '../support/builders.ts';
import { aProject } from '../support/e2e.ts';
import { waitUntil } from '../support/wait-until.ts';

/** Two callers with nothing in common but the function. */
const ACCOUNTS = [101, 202] as const;

export function describeInvocations(rig: LambdaRuntimeRig): void {
  const makeTrace = (digit: string) =>
    `Root=1-${digit.repeat(8)}-${digit.repeat(24)};Parent=${digit.repeat(16)};Sampled=1`;

  /** Waits for the line of an event so many times, and returns all lines of the environment. */
  async function readRecords(environment: ExecutionEnvironment, event: string, times: number) {
    return waitUntil(() => {
      const { records } = environment;
      return records.filter(({ message }) => message === event).length >= times && records;
    });
  }

  test('of create-job: each line is of its own request, and one start is cold', async () => {
    const key = anId('K');
    const createJob = await rig.startEnvironment('CreateJob');
    const callers = [];
    for (const [i, accountId] of ACCOUNTS.entries()) {
      const { tenant, ids } = await aProject(rig.unobserved, [{}], accountId);
      const token = await rig.signToken({ account_ids: [accountId] });
      const traceId = makeTrace(String(i + 4));
      // The same key, of other accounts.
      const event = makeCreateEvent(tenant, ids, {
        authorization: `Bearer ${token}`,
        'idempotency-key': key,
      });
      const ending = await createJob.invoke(event, { traceId });
      const { headers } = readAnswer(ending);
      expect(headers['idempotent-replayed']).toBeUndefined();
      expect(headers['traceparent']).toContain(String(i + 4).repeat(32));
      callers.push({
        tenant,
        jobId: readJobId(ending),
        traceId: String(i + 4).repeat(32),
        requestId: createJob.requestId,
      });
    }
    expect(new Set(callers.map(({ jobId }) => jobId)).size).toBe(2);

    // The next caller has no token, and so no account, job or project.
    const { tenant, ids } = await aProject(rig.unobserved, [{}]);
    readAnswer(await createJob.invoke(makeCreateEvent(tenant, ids)));
    const records = await readRecords(createJob, 'request.refused', 1);
    const linesOf = (requestId: string | undefined) =>
      records.filter(({ function_request_id: id }) => id === requestId);
    for (const caller of callers) {
      const lines = linesOf(caller.requestId);
      expect(lines.map(({ message }) => message)).toEqual(
        expect.arrayContaining(['job.created', 'fan-out.sent', 'request.answered']),
      );
      for (const line of lines) {
        expect(line).toMatchObject({ trace_id: caller.traceId, cold_start: caller === callers[0] });
        const text = JSON.stringify(line);
        for (const other of callers.filter((each) => each !== caller)) {
          for (const value of [other.jobId, other.tenant.projectId, other.traceId, other.requestId]) {
            expect(text).not.toContain(value);
          }
        }
      }
    }
    const refused = JSON.stringify(linesOf(createJob.requestId));
    expect(refused).toContain('request.refused');
    for (const { jobId, tenant: earlier, traceId } of callers) {
      for (const value of [jobId, earlier.projectId, traceId]) expect(refused).not.toContain(value);
    }
    // Every line belongs to one of the three requests, metrics aside.
    const ours = new Set([...callers.map(({ requestId }) => requestId), createJob.requestId]);
    expect(
      records.filter((line) => !('_aws' in line) && !ours.has(String(line['function_request_id']))),
    ).toEqual([]);

    // Each trace has its own segments alone.
    for (const caller of callers) {
      const root = `1-${caller.traceId.slice(0, 8)}-${caller.traceId.slice(8)}`;
      const segments = await waitUntil(() => {
        const found = rig.daemon.datagrams.filter((text) => text.includes(root));
        return found.some((text) => text.includes(caller.jobId)) && found;
      });
      for (const other of callers.filter((each) => each !== caller)) {
        expect(segments.filter((text) => text.includes(other.jobId))).toEqual([]);
      }
    }
  });

  test('of the worker: each chunk is of its own job, and its metrics are written once', async () => {
    const worker = await rig.startEnvironment('Worker');
    const requestIds: (string | undefined)[] = [];
    const jobIds: string[] = [];
    for (const accountId of ACCOUNTS) {
      const { tenant, ids } = await aProject(rig.unobserved, [{}, {}], accountId);
      const { job, messages } = await storeJob(rig, { tenant, ids, chunkSize: 2 });
      for (const body of messages) await rig.sendMessage(body);
      const received = await rig.receiveMessages(1, tenant.projectId);
      expect(await worker.invoke(makeQueueEvent(received))).toMatchObject({
        body: '{"batchItemFailures":[]}',
      });
      await rig.deleteMessages(received);
      requestIds.push(worker.requestId);
      jobIds.push(job.jobId);
    }
    const records = await readRecords(worker, 'job.finished', 2);
    for (const [i, jobId] of jobIds.entries()) {
      const lines = records.filter((line) => line['job_id'] === jobId);
      expect(lines.map(({ message }) => message)).toEqual(
        expect.arrayContaining(['chunk.claimed', 'chunk.settled', 'job.finished']),
      );
      for (const line of lines) {
        expect(line).toMatchObject({ function_request_id: requestIds[i], cold_start: i === 0 });
      }
    }
    const updated = await waitUntil(() => {
      const found = worker.records.flatMap(({ TargetGroupsUpdated: count }) =>
        count === undefined ? [] : [count],
      );
      return found.length >= 2 && found;
    });
    expect(updated).toEqual([2, 2]);
  });
}
