/** Tests the promises of every adapter of the Jobs port; the suite runs against each adapter. */
import { QueryCommand } from '@aws-sdk/client-dynamodb';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { InconsistentStoreError } from '../../src/domain/errors.ts';
import type { Job } from '../../src/domain/job.ts';
import { formatTimestamp } from '../../src/domain/time.ts';
import { NOW, TRACE, aJob, aLook, anId, makeChunkKey, makeIds } from '../support/builders.ts';
import { type JobStore, openDynamoDBJobStore } from '../support/jobs-table-ports.ts';
import { commitJob, JOB_STORES, getSuiteTables } from './suite-adapters.ts';

describe.each(JOB_STORES)('the jobs in %s', (_name, open) => {
  let store: JobStore;
  beforeAll(() => {
    store = open();
  });

  const commitAJob = (overrides: Partial<Job> = {}) => commitJob(store, overrides);

  describe('commit', () => {
    test('a committed job is found as it was written', async () => {
      const job = await commitAJob();
      expect(await store.jobs.find(job, NOW)).toEqual(job);
    });

    test('a second commit returns the job of the first', async () => {
      const job = await commitAJob();
      const second = { ...job, bodyHash: 'another', createdAt: formatTimestamp(NOW + 1) };
      expect(await store.jobs.commit(second, anId(), NOW)).toEqual(job);
      expect(await store.jobs.find(job, NOW)).toEqual(job);
    });

    test('one of many concurrent commits creates the job', async () => {
      const job = aJob();
      const results = await Promise.all(makeIds(20).map((owner) => store.jobs.commit(job, owner, NOW)));
      expect(results.filter((result) => result === 'created')).toHaveLength(1);
    });

    test('an owner that repeats its commit is still the creator', async () => {
      const job = aJob();
      expect(await store.jobs.commit(job, 'me', NOW)).toBe('created');
      expect(await store.jobs.commit(job, 'me', NOW)).toBe('created');
    });

    test('an expired job is not found, and its id can be used again', async () => {
      const job = await commitAJob();
      const later = job.expiresAt * 1000;
      expect(await store.jobs.find(job, later - 1)).toEqual(job);
      expect(await store.jobs.find(job, later)).toBeUndefined();
      const next = { ...job, createdAt: formatTimestamp(later), expiresAt: job.expiresAt + 86_400 };
      expect(await store.jobs.commit(next, anId(), later)).toBe('created');
      expect(await store.jobs.find(job, later)).toEqual(next);
    });

    test('an unknown job is not found', async () => {
      expect(await store.jobs.find(aJob(), NOW)).toBeUndefined();
    });

    test('jobs with one id in different accounts or projects share nothing', async () => {
      const job = await commitAJob();
      const others = [
        { ...job, accountId: job.accountId + 1 },
        { ...job, projectId: anId('P') },
      ];
      await store.jobs.saveRequest(job, { ids: makeIds(1), trace: TRACE });
      await store.chunks.claim(makeChunkKey(job), 'me', NOW, NOW + 1000);
      await store.chunks.settle(makeChunkKey(job), 'me', [], NOW);
      for (const other of others) {
        expect(await store.jobs.find(other, NOW)).toBeUndefined();
        await expect(store.jobs.readRequest(other)).rejects.toThrow(InconsistentStoreError);
        expect(await store.chunks.readResults(other)).toEqual([]);
        expect(await store.jobs.addChunk(makeChunkKey(other), false)).toBeUndefined();
        expect(await store.jobs.addOnlyChunk(makeChunkKey(other), false, NOW)).toBeUndefined();
        expect(await store.openJobs.close(other, NOW)).toBe(false);
        expect(await store.openJobs.postpone({ ...other, look: aLook() }, aLook({ resends: 1 }))).toBe(false);
        expect(await store.jobs.commit(other, 'they', NOW)).toBe('created');
        expect(await store.jobs.find(other, NOW)).toEqual(other);
        expect(await store.chunks.claim(makeChunkKey(other), 'they', NOW, NOW + 1000)).toEqual({
          kind: 'claimed',
          begun: false,
        });
      }
      expect(await store.jobs.find(job, NOW)).toEqual(job);
      expect(await store.chunks.readResults(job)).toHaveLength(1);
    });
  });

  describe('request', () => {
    test('the saved ids and trace are returned', async () => {
      const job = await commitAJob();
      const request = { ids: makeIds(3), trace: TRACE };
      await store.jobs.saveRequest(job, request);
      expect(await store.jobs.readRequest(job)).toEqual(request);
    });

    test('a request of 10,000 ids can be saved', async () => {
      const job = await commitAJob();
      const request = { ids: makeIds(10_000), trace: TRACE };
      await store.jobs.saveRequest(job, request);
      expect(await store.jobs.readRequest(job)).toEqual(request);
    });

    test('saving a request with another hash does not change the first', async () => {
      const job = await commitAJob();
      const request = { ids: makeIds(3), trace: TRACE };
      await store.jobs.saveRequest(job, request);
      await store.jobs.saveRequest({ ...job, bodyHash: 'another' }, { ids: makeIds(1), trace: TRACE });
      expect(await store.jobs.readRequest(job)).toEqual(request);
    });

    test('a saved request is replaced only by one that lives longer', async () => {
      const job = await commitAJob();
      const request = { ids: makeIds(3), trace: TRACE };
      await store.jobs.saveRequest(job, request);
      const other = { ...request, trace: { ...TRACE, tracestate: 'other=1' } };
      await store.jobs.saveRequest({ ...job, expiresAt: job.expiresAt - 1 }, other);
      await store.jobs.saveRequest(job, other);
      expect(await store.jobs.readRequest(job)).toEqual(request);
      await store.jobs.saveRequest({ ...job, expiresAt: job.expiresAt + 1 }, other);
      expect(await store.jobs.readRequest(job)).toEqual(other);
    });

    test('reading the request of a job without one is an error', async () => {
      const job = await commitAJob();
      await expect(store.jobs.readRequest(job)).rejects.toThrow(InconsistentStoreError);
    });
  });

  describe('progress', () => {
    test('adding a chunk twice adds it once', async () => {
      const job = await commitAJob();
      await store.jobs.addChunk(makeChunkKey(job, 1), false);
      const after = await store.jobs.addChunk(makeChunkKey(job, 1), false);
      expect(after).toEqual({ ...job, settled: new Set([1]) });
    });

    test('chunks that are added concurrently are all recorded', async () => {
      const job = await commitAJob({ total: 2000, chunkSize: 100 });
      const indexes = [...Array(20).keys()];
      await Promise.all(
        indexes.map((index) => store.jobs.addChunk(makeChunkKey(job, index), index % 2 === 0)),
      );
      const after = await store.jobs.find(job, NOW);
      expect(after?.settled).toEqual(new Set(indexes));
      expect(after?.broken).toEqual(new Set(indexes.filter((index) => index % 2 === 0)));
    });

    test('a chunk of an unknown job, or of an earlier generation, changes no job', async () => {
      const job = await commitAJob();
      expect(await store.jobs.addChunk(makeChunkKey(aJob()), false)).toBeUndefined();
      expect(
        await store.jobs.addChunk({ ...makeChunkKey(job), createdAt: formatTimestamp(NOW - 1) }, false),
      ).toBeUndefined();
      expect(await store.jobs.find(job, NOW)).toEqual(job);
    });
  });

  describe('the only chunk', () => {
    test('ends its job once, however often it is added', async () => {
      const job = await commitAJob({ total: 2, chunkSize: 2 });
      const after = { ...job, settled: new Set([0]), look: undefined };
      expect(await store.jobs.addOnlyChunk(makeChunkKey(job), false, NOW)).toEqual({
        job: after,
        closed: true,
      });
      expect(await store.jobs.addOnlyChunk(makeChunkKey(job), false, NOW + 1)).toEqual({
        job: after,
        closed: false,
      });
      expect(await store.openJobs.close(job, NOW)).toBe(false);
      expect(await store.openJobs.postpone({ ...job, look: aLook() }, aLook({ resends: 1 }))).toBe(false);
      expect(await store.jobs.find(job, NOW)).toEqual(after);
    });

    test('ends its job in one of many concurrent calls, and all of them return the ended job', async () => {
      const job = await commitAJob({ total: 2, chunkSize: 2 });
      const after = { ...job, settled: new Set([0]), broken: new Set([0]), look: undefined };
      const added = await Promise.all(
        Array.from({ length: 10 }, () => store.jobs.addOnlyChunk(makeChunkKey(job), true, NOW)),
      );
      expect(added.map((each) => each?.job)).toEqual(Array(10).fill(after));
      expect(added.filter((each) => each?.closed)).toHaveLength(1);
      expect(await store.jobs.find(job, NOW)).toEqual(after);
    });

    test('is added to a job that has already left the index', async () => {
      const job = await commitAJob({ total: 2, chunkSize: 2 });
      await store.openJobs.close(job, NOW);
      const after = { ...job, settled: new Set([0]), look: undefined };
      expect(await store.jobs.addOnlyChunk(makeChunkKey(job), false, NOW)).toEqual({
        job: after,
        closed: false,
      });
      expect(await store.jobs.find(job, NOW)).toEqual(after);
    });

    test('of an unknown job, or of an earlier generation, ends no job', async () => {
      const job = await commitAJob({ total: 2, chunkSize: 2 });
      const earlier = { ...makeChunkKey(job), createdAt: formatTimestamp(NOW - 1) };
      expect(await store.jobs.addOnlyChunk(makeChunkKey(aJob()), false, NOW)).toBeUndefined();
      expect(await store.jobs.addOnlyChunk(earlier, false, NOW)).toBeUndefined();
      expect(await store.jobs.find(job, NOW)).toEqual(job);
    });
  });
});

test('in DynamoDB every item has its time to live, and every read is consistent', async () => {
  const { client, jobs: table } = getSuiteTables();
  const inputs: Record<string, unknown>[] = [];
  client.middlewareStack.add(
    (next) => (args) => {
      inputs.push(args.input as unknown as Record<string, unknown>);
      return next(args);
    },
    { step: 'initialize', name: 'record' },
  );
  const store = openDynamoDBJobStore(client, table);
  const job = aJob();
  await store.jobs.saveRequest(job, { ids: makeIds(1), trace: TRACE });
  await store.jobs.commit(job, 'a', NOW);
  await store.chunks.claim(makeChunkKey(job), 'a', NOW, NOW + 1000);
  await store.chunks.settle(makeChunkKey(job), 'a', [], NOW);
  await store.jobs.find(job, NOW);
  await store.jobs.readRequest(job);
  await store.chunks.readResults(job);
  client.middlewareStack.remove('record');

  const reads = inputs.filter((input) => !('Item' in input) && !('UpdateExpression' in input));
  expect(reads).toHaveLength(3);
  for (const read of reads) expect(read['ConsistentRead']).toBe(true);
  const { Items = [] } = await client.send(
    new QueryCommand({
      TableName: table,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': { S: `${job.accountId}#${job.projectId}#${job.jobId}` } },
    }),
  );
  expect(Items.map((item) => item['expires_at'])).toEqual(Array(3).fill({ N: String(job.expiresAt) }));
});
