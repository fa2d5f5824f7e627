/**
 * worker: how long it claims a chunk, how often it tries, and what becomes of a chunk that it cannot finish.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import type { SQSEvent } from 'aws-lambda';
import { DynamoDBChunks } from '../../src/adapters/dynamodb/chunks.ts';
import { makeTargetGroupKey } from '../../src/adapters/dynamodb/target-group-item.ts';
import { makeRefusal } from '../rigs/cloudwatch/call-interceptor.ts';
import {
  makeQueueEvent,
  leaveUnanswered,
  storeJob,
  storeJobOfSize,
  refuseForNow,
} from '../rigs/wiring/jobs.ts';
import type { WiringRig } from '../rigs/wiring/rig.ts';
import { SETTINGS } from '../rigs/wiring/settings.ts';
import { makeChunkKey } from '../support/builders.ts';
import { aProject, makeDynamoDBClient, findName } from '../support/e2e.ts';
import { waitUntil } from '../support/wait-until.ts';

/** In ms: the worker's 11 s, the 131 s that clocks may be apart, and 5 s for late writes. */
const CLAIM_MS = 153_000;

/** Of the update that claims a chunk, and of those that follow it. */
const CLAIMS = 'SET claimed_by';
const RELEASES = 'SET claimed_until';
const SETTLES = 'SET settled_at';

export function describeWorker(rig: WiringRig): void {
  const { recording } = rig;

  async function runWorker(event: SQSEvent): Promise<unknown> {
    const result = await rig.stack.invoke(rig.findFunction('Worker').logicalId, event);
    if (!result.ok) throw new Error(result.error.errorMessage);
    return JSON.parse(result.payload) as unknown;
  }

  const once = (messages: readonly string[]) => makeQueueEvent(messages.map((body) => ({ body })));

  /** For how long each message of an event was given back, in seconds. */
  function listReturnDelays({ Records }: SQSEvent): number[][] {
    return Records.map(({ receiptHandle }) =>
      recording
        .listCalls('ChangeMessageVisibility', `"${receiptHandle}"`)
        .map(({ input }) => Number(input.VisibilityTimeout)),
    );
  }

  const makeFailures = (count: number) => ({
    batchItemFailures: Array.from({ length: count }, (_, i) => ({ itemIdentifier: `message-${i}` })),
  });

  test.concurrent('hands a chunk back before its own time is up, and after its late writes', async () => {
    const { tenant, ids } = await aProject(rig.unobserved, [{}]);
    const [id = ''] = ids;
    const throttle = makeRefusal('ProvisionedThroughputExceededException');
    let moves = 0;
    let sentAt = Infinity;
    rig.dynamoDB.interceptAll(
      'UpdateItem',
      [makeTargetGroupKey({ ...tenant, targetGroupId: id }).pk],
      (call, forward) => {
        moves += 1;
        if (moves > 1) return throttle(call, forward);
        sentAt = Date.now();
        return leaveUnanswered(call, forward);
      },
    );
    const jobId = await rig.createJob(tenant, ids);

    const released = await waitUntil(() => recording.listCalls('UpdateItem', jobId, RELEASES)[0]);
    expect(moves).toBe(7);
    // The first write is given up 2 s after it was sent, which was before it arrived here. Another 5 s later
    // it can no longer be carried out, and the chunk is free. Without that wait it is free after 5.2 s.
    expect(released.at).toBeGreaterThan(sentAt + 6_500);
    expect(released.values[':until']).toBeLessThanOrEqual(released.at);

    // Every other message that is given back in these tests has a handle of ours.
    const isReal = ({ text }: { text: string }) => !text.includes('"HANDLE');
    const back = await waitUntil(() => recording.listCalls('ChangeMessageVisibility').find(isReal)?.input);
    expect(back.VisibilityTimeout).toBeGreaterThanOrEqual(10);
    expect(back.VisibilityTimeout).toBeLessThanOrEqual(15);
    const { pathname } = new URL(back.QueueUrl ?? '');
    expect(pathname).toBe(new URL(findName(rig.stack.queues, 'Chunks')).pathname);

    const handedBack = await waitUntil(() =>
      rig.lines.find((line) => isAbout(line, 'chunk.handed-back', jobId)),
    );
    expect(JSON.parse(handedBack)).toMatchObject({ unfinished: 1 });
    expect(rig.lines.filter((line) => line.includes('Task timed out'))).toEqual([]);
  });

  test.concurrent('claims a chunk for its timeout, the skew and late writes, in ms', async () => {
    const { job, messages } = await storeJobOfSize(rig, 4, 2);
    const before = Date.now();
    expect(await runWorker(once(messages))).toEqual(makeFailures(0));
    const claims = recording.listCalls('UpdateItem', job.jobId, CLAIMS);
    expect(claims).toHaveLength(2);
    for (const { values, at } of claims) {
      const now = Number(values[':now']);
      expect(now).toBeGreaterThanOrEqual(before);
      expect(now).toBeLessThanOrEqual(at);
      expect(values).toMatchObject({ ':until': now + CLAIM_MS, ':expires': job.expiresAt });
    }
    const owners = claims.map(({ values }) => values[':owner']);
    expect(new Set(owners).size).toBe(2);
    const settlements = recording.listCalls('UpdateItem', job.jobId, SETTLES);
    // One chunk after the other.
    expect(claims[1]?.at).toBeGreaterThan(settlements[0]?.at ?? Infinity);
    for (const { values, at } of settlements) {
      expect(values[':now']).toBeGreaterThanOrEqual(before);
      expect(values[':now']).toBeLessThanOrEqual(at);
    }
  });

  test.concurrent('gives a message back for longer with every receive', async () => {
    const { job, messages } = await storeJobOfSize(rig, 7, 1);
    rig.dynamoDB.interceptAll('UpdateItem', [job.jobId], makeRefusal('ValidationException'));
    const receives = [1, 2, 3, 4, 5, 6, 20];
    const event = makeQueueEvent(messages.map((body, i) => ({ body, receives: receives[i] ?? 0 })));
    // Lambda freezes a function that has answered: by then every message is back.
    let back = 0;
    for (const { receiptHandle } of event.Records) {
      rig.sqs.interceptAll('ChangeMessageVisibility', [`"${receiptHandle}"`], async (_call, forward) => {
        await pause(50);
        back += 1;
        return forward();
      });
    }
    expect(await runWorker(event)).toEqual(makeFailures(7));
    expect(back).toBe(7);

    const shortest = [10, 20, 40, 80, 160, 300, 300];
    const delays = listReturnDelays(event);
    for (const [i, seconds] of shortest.entries()) {
      expect(delays[i]).toHaveLength(1);
      expect(delays[i]?.[0]).toBeGreaterThanOrEqual(seconds);
      // And up to a half more, so that not all come back together.
      expect(delays[i]?.[0]).toBeLessThanOrEqual(1.5 * seconds);
    }
    const shares = delays.map(([delay = 0], i) => delay / (shortest[i] ?? 1));
    expect(new Set(shares).size).toBeGreaterThan(1);
  });

  test.concurrent('leaves a message where it is whose chunk is taken, or that is none of ours', async () => {
    const { job, messages } = await storeJobOfSize(rig, 1, 1);
    const [body = ''] = messages;
    const client = makeDynamoDBClient(rig.unobserved);
    const chunks = new DynamoDBChunks(client, findName(rig.unobserved.tables, 'TablesJobs'));
    await chunks.claim(makeChunkKey(job), 'another', Date.now(), Date.now() + 600_000);
    client.destroy();
    const event = once([body, 'none of ours']);
    expect(await runWorker(event)).toEqual(makeFailures(2));
    expect(listReturnDelays(event)).toEqual([[], []]);
    expect(recording.listCalls('UpdateItem', job.jobId, CLAIMS)).toHaveLength(1);
  });

  test.concurrent('moves sixteen target groups at a time', async () => {
    const { job, messages } = await storeJobOfSize(rig, 40, 40);
    const moves = rig.holdCalls('UpdateItem', [`#${job.projectId}#T`], 16);
    expect(await runWorker(once(messages))).toEqual(makeFailures(0));
    expect(moves.most).toBe(16);
    const moved = recording
      .listCalls('UpdateItem', `#${job.projectId}#T`)
      .map(({ input }) => input.Key?.['pk']?.S);
    expect(new Set(moved).size).toBe(40);
  });

  test.concurrent('moves for deadlineSeconds what release 0.1.0 created without a deadline', async () => {
    const countMoves = async (ageSeconds: number): Promise<number> => {
      const project = await aProject(rig.unobserved, [{}]);
      const { messages } = await storeJob(rig, { ...project, chunkSize: 1, ageSeconds });
      const old = messages.map((body) => body.replace(/,"deadlineAt":"[^"]*"/, ''));
      expect(old).not.toEqual(messages);
      expect(await runWorker(once(old))).toEqual(makeFailures(0));
      return recording.listCalls('UpdateItem', `#${project.tenant.projectId}#T`).length;
    };
    expect(await countMoves(SETTINGS.deadlineSeconds - 300)).toBe(1);
    expect(await countMoves(SETTINGS.deadlineSeconds + 1)).toBe(0);
  });

  test.concurrent('tries a move seven times, each time once', async () => {
    const { job, messages } = await storeJobOfSize(rig, 1, 1);
    const throttled = makeRefusal('ProvisionedThroughputExceededException');
    rig.dynamoDB.interceptAll('UpdateItem', [`#${job.projectId}#T`], throttled);
    expect(await runWorker(once(messages))).toEqual(makeFailures(1));
    expect(recording.listCalls('UpdateItem', `#${job.projectId}#T`)).toHaveLength(7);
  });

  test.concurrent('claims a second time when the first had no answer', async () => {
    const { job, messages } = await storeJobOfSize(rig, 1, 1);
    rig.dynamoDB.interceptAll('UpdateItem', [job.jobId, CLAIMS], refuseForNow);
    expect(await runWorker(once(messages))).toEqual(makeFailures(1));
    expect(recording.listCalls('UpdateItem', job.jobId, CLAIMS)).toHaveLength(2);
  });
}

function isAbout(line: string, event: string, jobId: string): boolean {
  return line.includes(`"${event}"`) && line.includes(jobId);
}
