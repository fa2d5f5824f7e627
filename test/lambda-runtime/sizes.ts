/**
 * Lambda passes events and answers of up to 6 MB:
 * https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
import { expect, test } from '@jest/globals';
import { MAX_TARGET_GROUPS } from '../../api/limits.ts';
import { DynamoDBChunks } from '../../src/adapters/dynamodb/chunks.ts';
import { DynamoDBJobs } from '../../src/adapters/dynamodb/jobs.ts';
import { countChunks, selectChunkIds } from '../../src/domain/job.ts';
import { NOT_READ, NOT_FOUND } from '../../src/domain/outcome.ts';
import { PAYLOAD_LIMIT } from '../../tools/local/functions/messages.ts';
import { makeCreateEvent, makeJobEvent, readAnswer, readJobId } from '../rigs/lambda-runtime/requests.ts';
import type { LambdaRuntimeRig } from '../rigs/lambda-runtime/rig.ts';
import { storeJob } from '../rigs/wiring/jobs.ts';
import { makeChunkKey, makeIds } from '../support/builders.ts';
import { aProject, findName, makeDynamoDBClient } from '../support/e2e.ts';

export function describeSizes(rig: LambdaRuntimeRig): void {
  const makeHeaders = async () => ({ authorization: `Bearer ${await rig.signToken()}` });

  test('of get-job, 10,000 target groups that all failed, are passed on', async () => {
    const { tenant } = await aProject(rig.unobserved);
    const { job, ids } = await storeJob(rig, { tenant, ids: makeIds(MAX_TARGET_GROUPS), chunkSize: 200 });
    const client = makeDynamoDBClient(rig.unobserved);
    const table = findName(rig.unobserved.tables, 'TablesJobs');
    const [chunks, jobs] = [new DynamoDBChunks(client, table), new DynamoDBJobs(client, table)];
    // The longest of the reasons, so that the answer is as long as it gets.
    const failure = NOT_READ.description.length > NOT_FOUND.description.length ? NOT_READ : NOT_FOUND;
    for (let index = 0; index < countChunks(job); index += 1) {
      const chunk = makeChunkKey(job, index);
      const positions = [...selectChunkIds(ids, index, job.chunkSize).keys()];
      await chunks.claim(chunk, 'test', Date.now(), Date.now() + 60_000);
      await chunks.settle(chunk, 'test', [{ ...failure, positions }], Date.now());
      await jobs.addChunk(chunk, true);
    }
    client.destroy();

    const getJob = await rig.startEnvironment('GetJob');
    const ending = await getJob.invoke(makeJobEvent(tenant, job.jobId, await makeHeaders()));
    const { statusCode, body } = readAnswer(ending);
    expect(statusCode).toBe(200);
    expect(body).toMatchObject({ status: 'Failed' });
    expect((body as { failed_target_groups: { data: unknown[] } }).failed_target_groups.data).toHaveLength(
      MAX_TARGET_GROUPS,
    );
    expect(ending.kind === 'response' && ending.body.length).toBeLessThan(PAYLOAD_LIMIT);
  });

  test('of create-job, 10,000 ids in base64, make a job', async () => {
    const { tenant } = await aProject(rig.unobserved);
    const text = JSON.stringify({ target_group_ids: makeIds(MAX_TARGET_GROUPS, 'U') });
    const event = makeCreateEvent(tenant, Buffer.from(text).toString('base64'), await makeHeaders());
    const createJob = await rig.startEnvironment('CreateJob', {
      CHUNK_SIZE: '1000',
      MAX_TARGET_GROUPS: String(MAX_TARGET_GROUPS),
    });
    readJobId(await createJob.invoke({ ...event, isBase64Encoded: true }));
    await rig.deleteMessages(await rig.receiveMessages(MAX_TARGET_GROUPS / 1_000, tenant.projectId));
  });

  test('of create-job, an event of 6 MB, is answered', async () => {
    const { tenant, ids } = await aProject(rig.unobserved, [{}]);
    const headers = await makeHeaders();
    const createJob = await rig.startEnvironment('CreateJob');
    const small = makeCreateEvent(tenant, ids, headers);
    const room = PAYLOAD_LIMIT - JSON.stringify(small).length;
    const tooManyIds = makeIds(Math.floor(room / 31), 'U');
    const events = [
      // Blank space, which JSON allows.
      { ...small, body: (small.body ?? '') + ' '.repeat(room) },
      makeCreateEvent(tenant, tooManyIds, headers),
      makeCreateEvent(tenant, '['.repeat(room - 1_000), headers),
      makeCreateEvent(tenant, 'x'.repeat(room - 1_000), headers),
    ];
    const statuses = [];
    for (const event of events) {
      expect(JSON.stringify(event).length).toBeLessThanOrEqual(PAYLOAD_LIMIT);
      expect(JSON.stringify(event).length).toBeGreaterThan(PAYLOAD_LIMIT * 0.95);
      statuses.push(readAnswer(await createJob.invoke(event)).statusCode);
    }
    expect(statuses).toEqual([201, 400, 400, 400]);
  });
}
