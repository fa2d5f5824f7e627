/** Tests a worker whose role lacks one needed action, with an otherwise unchanged template (ADR 18). */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { makeEmulatorConfig } from '../../tools/kit/emulator.ts';
import { type LocalStack, startLocalStack } from '../../tools/local/local-stack.ts';
import { synthesize } from '../../tools/local/synth.ts';
import { encodeChunk } from '../../src/adapters/sqs/work-message.ts';
import { DynamoDBJobs } from '../../src/adapters/dynamodb/jobs.ts';
import { cutIntoChunks } from '../../src/application/cut-into-chunks.ts';
import { formatTimestamp } from '../../src/domain/time.ts';
import { aJob, anId, TRACE } from '../support/builders.ts';
import { aProject, makeDynamoDBClient, findName, scanTable } from '../support/e2e.ts';
import { waitUntil } from '../support/wait-until.ts';

const folder = mkdtempSync(join(tmpdir(), 'denied-'));
const lines: string[] = [];
let stack: LocalStack;

beforeAll(async () => {
  const stackName = `Denied${process.pid}`;
  await synthesize(folder, { stackName, workerTimeoutSeconds: 10 }, new AbortController().signal);
  removeAction(
    join(folder, `${stackName}.template.json`),
    'FunctionsWorkerRole',
    'dynamodb:UpdateItem',
    'TablesTargetGroups',
  );
  stack = await startLocalStack({
    assembly: folder,
    log: (entry) => {
      if (entry.kind === 'function') lines.push(entry.text);
    },
  });
});

afterAll(async () => {
  await stack.stop();
  rmSync(folder, { recursive: true });
});

interface Statement {
  readonly Action: string | string[];
  readonly Resource: unknown;
}

interface Policy {
  readonly Type: string;
  readonly Properties: { readonly PolicyDocument: { Statement: Statement[] } };
}

/**
 * Removes one action on one resource from a policy of a template, whose statements may name several of each.
 */
function removeAction(file: string, policy: string, action: string, resource: string): void {
  const template = JSON.parse(readFileSync(file, 'utf8')) as { Resources: Record<string, Policy> };
  const document = Object.entries(template.Resources).find(
    ([id, { Type }]) => Type === 'AWS::IAM::Policy' && id.startsWith(policy),
  )?.[1].Properties.PolicyDocument;
  const isMeant = (each: unknown) => JSON.stringify(each).includes(resource);
  const statement = document?.Statement.find(
    ({ Action, Resource }) => Action.includes(action) && isMeant(Resource),
  );
  if (document === undefined || statement === undefined) throw new Error('there is no such grant');
  const resources = [statement.Resource].flat();
  document.Statement = [
    ...document.Statement.filter((each) => each !== statement),
    { ...statement, Resource: resources.filter((each) => !isMeant(each)) },
    {
      ...statement,
      Action: [statement.Action].flat().filter((each) => each !== action),
      Resource: resources.filter(isMeant),
    },
  ].filter(({ Resource }) => !Array.isArray(Resource) || Resource.length > 0);
  writeFileSync(file, JSON.stringify(template));
}

test('a worker that may not write target groups gets the error of DynamoDB and hands its chunk back', async () => {
  const { tenant, ids } = await aProject(stack, [{}]);
  const dynamoDB = makeDynamoDBClient(stack);
  const jobs = new DynamoDBJobs(dynamoDB, findName(stack.tables, 'TablesJobs'));
  const now = Date.now();
  const expiresAt = Math.floor(now / 1000) + 86_400;
  const job = aJob({
    ...tenant,
    jobId: anId('J'),
    createdAt: formatTimestamp(now),
    total: 1,
    chunkSize: 1,
    expiresAt,
  });
  await jobs.saveRequest(job, { ids, trace: TRACE });
  await jobs.commit(job, anId(), now);
  const sqs = new SQSClient(makeEmulatorConfig(stack.endpoints.sqs));
  for (const work of cutIntoChunks(job, ids, [0], TRACE)) {
    const QueueUrl = findName(stack.queues, 'Chunks');
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: encodeChunk(work) }));
  }

  const handedBack = await waitUntil(() => lines.find((line) => line.includes('"chunk.handed-back"')));
  expect(handedBack).toContain('AccessDeniedException');
  const table = `arn:aws:dynamodb:us-east-1:000000000000:table/${findName(stack.tables, 'TargetGroups')}`;
  expect(stack.reportPermissions().denied).toEqual([
    { caller: 'Worker', action: 'dynamodb:UpdateItem', resource: table, times: expect.any(Number) },
  ]);
  expect((await jobs.find(job, Date.now()))?.settled.size).toBe(0);
  const groups = await scanTable(stack, 'TargetGroups');
  expect(groups.find(({ pk }) => String(pk).endsWith(ids[0] ?? ''))).toMatchObject({
    status: 'paused',
    version: 3,
  });
  dynamoDB.destroy();
  sqs.destroy();
});
