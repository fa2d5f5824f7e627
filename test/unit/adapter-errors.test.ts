/** Tests what the adapters make of the errors of AWS, and what they say of a message that is none. */
import { describe, expect, test } from '@jest/globals';
import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  DynamoDBServiceException,
  type UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { marshall } from '@aws-sdk/util-dynamodb';
import { DynamoDBOpenJobs } from '../../src/adapters/dynamodb/open-jobs.ts';
import { updateIf } from '../../src/adapters/dynamodb/update.ts';
import { decodeMessage, encodeChunk } from '../../src/adapters/sqs/work-message.ts';
import { SqsWorkQueue } from '../../src/adapters/sqs/work-queue.ts';
import { cutIntoChunks } from '../../src/application/cut-into-chunks.ts';
import { TRACE, aJob, aLook, makeIds } from '../support/builders.ts';

const KEY = { pk: 'P' };
const UPDATE = {
  table: 't',
  key: KEY,
  update: 'SET a = :a',
  condition: 'a < :a',
  format: 1,
  names: {},
  values: {},
};

const errorOf = (call: Promise<unknown>) =>
  call.then(
    (value: unknown) => ({ value }),
    (error: unknown) => error,
  );

/** What an update ends with, if every call of the client ends with an error. */
function updateWith(error: Error, certain = false): Promise<unknown> {
  const client = { send: () => Promise.reject(error) } as unknown as DynamoDBClient;
  return errorOf(updateIf(client, { ...UPDATE, certain }));
}

const serviceError = (name: string, attempts?: number) =>
  new DynamoDBServiceException({
    name,
    $fault: 'client',
    message: 'm',
    $metadata: attempts === undefined ? {} : { attempts },
  });

const conditionFailed = (attempts?: number) =>
  new ConditionalCheckFailedException({
    message: 'm',
    $metadata: attempts === undefined ? {} : { attempts },
  });

describe('a write', () => {
  test.each(['ProvisionedThroughputExceededException', 'RequestLimitExceeded', 'ThrottlingException'])(
    'whose only try ended with %s was throttled, and is not carried out later',
    async (name) => {
      for (const error of [serviceError(name), serviceError(name, 1)]) {
        expect(await updateWith(error)).toMatchObject({
          name: 'ThrottledError',
          evidence: { key: KEY },
          cause: error,
        });
      }
      // Another try may still be on its way.
      const later = serviceError(name, 2);
      expect(await updateWith(later)).toBe(later);
    },
  );

  test('whose condition failed at the first try is refused', async () => {
    for (const certain of [true, false]) {
      const refused = { value: { written: false, found: undefined, tries: 1 } };
      expect(await updateWith(conditionFailed(), certain)).toEqual(refused);
      expect(await updateWith(conditionFailed(1), certain)).toEqual(refused);
    }
  });

  test('that is refused brings the item that it met, which it has asked for', async () => {
    const asked: unknown[] = [];
    const error = new ConditionalCheckFailedException({
      message: 'm',
      $metadata: {},
      Item: { pk: { S: 'P' }, a: { N: '7' } },
    });
    const send = (command: UpdateItemCommand) => {
      asked.push(command.input.ReturnValuesOnConditionCheckFailure);
      return Promise.reject(error);
    };
    const client = { send } as unknown as DynamoDBClient;
    expect(await updateIf(client, UPDATE)).toEqual({ written: false, found: { pk: 'P', a: 7 }, tries: 1 });
    expect(asked).toEqual(['ALL_OLD']);
  });

  test('whose condition failed at a retry is uncertain, where that matters', async () => {
    const error = conditionFailed(2);
    expect(await updateWith(error, true)).toMatchObject({
      name: 'UncertainWriteError',
      evidence: { key: KEY },
      cause: error,
    });
    expect(await updateWith(error, false)).toEqual({ value: { written: false, found: undefined, tries: 2 } });
  });

  test('that failed in any other way fails with that', async () => {
    for (const error of [serviceError('InternalServerError', 1), new Error('no answer')]) {
      expect(await updateWith(error)).toBe(error);
    }
    // By its name alone it would be a throttled one, and it was tried once.
    const socket = Object.assign(new Error('m'), { name: 'ThrottlingException' });
    expect(await updateWith(socket)).toMatchObject({ name: 'ThrottledError' });
  });
});

describe('a look at an open job whose write is refused', () => {
  const job = { ...aJob(), look: aLook() };
  const planned = { dueAt: '2026-01-15T13:00:00.000Z', settled: 1, resends: 2, giveUps: 0 };
  const stored = {
    due_at: planned.dueAt,
    created_at: job.createdAt,
    settled_seen: 1,
    resends: 2,
    give_ups: 0,
  };
  const postpone = (attempts: number, found: Record<string, unknown>) => {
    const error = new ConditionalCheckFailedException({
      message: 'm',
      $metadata: { attempts },
      Item: marshall(found),
    });
    const client = { send: () => Promise.reject(error) } as unknown as DynamoDBClient;
    return new DynamoDBOpenJobs(client, 'jobs').postpone(job, planned);
  };

  test('at a retry is stored if the job shows it: the answer of the first try was lost', async () => {
    expect(await postpone(2, stored)).toBe(true);
  });

  test('is a lost race at the first try, and if the job shows another one or is another', async () => {
    expect(await postpone(1, stored)).toBe(false);
    for (const other of [
      { due_at: '2026-01-15T14:00:00.000Z' },
      { settled_seen: 2 },
      { resends: 1 },
      { give_ups: 1 },
      { created_at: '2026-01-01T00:00:00.000Z' },
    ]) {
      expect(await postpone(2, { ...stored, ...other })).toBe(false);
    }
  });
});

test('a message that is none of ours is told by its length and its first five faults', () => {
  const thrown = (body: string): unknown => {
    try {
      return decodeMessage(body);
    } catch (error) {
      return error;
    }
  };
  expect(thrown('{')).toMatchObject({ name: 'UnparsableMessageError', evidence: { length: 1 } });
  const { evidence } = thrown('{"chunk":{}}') as { evidence: { length: number; issues: string[] } };
  expect(evidence.length).toBe(12);
  expect(evidence.issues).toHaveLength(5);
  for (const issue of evidence.issues) expect(issue).toMatch(/^chunk\.\w+: /);
});

test('messages that the queue refuses are counted, with the first reason', async () => {
  const reason = { Id: '0', Code: 'bad' };
  const client = { send: () => Promise.resolve({ Failed: [reason] }) } as unknown as SQSClient;
  const [first] = cutIntoChunks(aJob({ total: 1, chunkSize: 1 }), makeIds(1), [0], TRACE);
  const queue = new SqsWorkQueue(client, 'http://127.0.0.1:9/0/chunks', { encode: encodeChunk });
  const error = await errorOf(queue.send(first === undefined ? [] : [first], { until: Infinity }));
  expect(error).toMatchObject({
    name: 'EnqueueFailedError',
    evidence: { refused: 1, of: 1 },
    cause: reason,
  });
});
