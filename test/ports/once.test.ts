/** Tests the promises of every adapter of the Once port, and those of the one on Powertools (ADR 7). */
import { DeleteItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Context } from 'aws-lambda';
import { MemoryOnce } from '../support/memory/once.ts';
import { makePowertoolsOnce } from '../../src/adapters/powertools/once.ts';
import { type CreationKey, deriveJobId } from '../../src/domain/digest.ts';
import { IdempotencyKeyReusedError } from '../../src/domain/errors.ts';
import type { Once } from '../../src/ports/once.ts';
import { TENANT, anId } from '../support/builders.ts';
import { type TestTables, openTables } from '../support/test-tables.ts';

interface OpenedOnce {
  readonly once: Once;
  forget(): Promise<void>;
}

let tables: TestTables | undefined;

beforeAll(async () => {
  tables = await openTables();
});
afterAll(() => tables?.close());

function makeContext(remainingMs = 10_000): Context {
  return { getRemainingTimeInMillis: () => remainingMs, awsRequestId: anId() } as Context;
}

function openPowertools(remainingMs?: number): OpenedOnce {
  if (tables === undefined) throw new Error('there are no tables');
  const { client, idempotency: TableName } = tables;
  return {
    once: makePowertoolsOnce({ client, table: TableName, ttlSeconds: 3600 })(makeContext(remainingMs)),
    forget: async () => {
      const { Items = [] } = await client.send(new ScanCommand({ TableName }));
      for (const { id } of Items) {
        if (id !== undefined) await client.send(new DeleteItemCommand({ TableName, Key: { id } }));
      }
    },
  };
}

function openMemory(): OpenedOnce {
  const once = new MemoryOnce();
  return {
    once,
    forget: () => {
      once.forget();
      return Promise.resolve();
    },
  };
}

const ADAPTERS: [string, () => OpenedOnce][] = [
  ['memory', openMemory],
  ['Powertools on DynamoDB', openPowertools],
];

const aKey = (): CreationKey => ({ ...TENANT, action: 'resume', idempotencyKey: anId('K') });

describe.each(ADAPTERS)('the record of creations in %s', (_name, open) => {
  let opened: OpenedOnce;
  beforeAll(() => {
    opened = open();
  });

  test('the first call runs, and a repeat is answered as replayed', async () => {
    const key = aKey();
    const created = { jobId: anId(), replayed: false };
    expect(await opened.once.run(key, 'hash', () => Promise.resolve(created))).toEqual({
      kind: 'ran',
      created,
    });
    const again = await opened.once.run(key, 'hash', () => Promise.reject(new Error('must not run')));
    expect(again).toEqual({ kind: 'replayed' });
  });

  test('another body under the same key is refused', async () => {
    const key = aKey();
    await opened.once.run(key, 'hash', () => Promise.resolve({ jobId: anId(), replayed: false }));
    const other = opened.once.run(key, 'other', () => Promise.reject(new Error('must not run')));
    await expect(other).rejects.toThrow(IdempotencyKeyReusedError);
    // The error names the job that has the key, for the log line.
    await expect(other).rejects.toMatchObject({ evidence: { jobId: deriveJobId(key) } });
  });

  test('keys that differ in account, project or idempotency key each run', async () => {
    const key = aKey();
    const others = [{ accountId: 102 }, { projectId: anId('P') }, { idempotencyKey: anId('K') }];
    for (const each of [key, ...others.map((other) => ({ ...key, ...other }))]) {
      const jobId = anId();
      const result = await opened.once.run(each, 'hash', () => Promise.resolve({ jobId, replayed: false }));
      expect(result).toEqual({ kind: 'ran', created: { jobId, replayed: false } });
    }
  });

  test('a repeat during the first call is answered as unknown', async () => {
    const key = aKey();
    const { promise: gate, resolve: finish } = Promise.withResolvers<undefined>();
    const { promise: started, resolve: start } = Promise.withResolvers<undefined>();
    const created = { jobId: anId(), replayed: false };
    const first = opened.once.run(key, 'hash', async () => {
      start(undefined);
      await gate;
      return created;
    });
    await started;
    const second = await opened.once.run(key, 'hash', () => Promise.reject(new Error('must not run')));
    expect(second.kind).toBe('unknown');
    // Nothing failed, so the logged cause has no stack.
    expect(second).not.toHaveProperty('cause.stack');
    finish(undefined);
    expect(await first).toEqual({ kind: 'ran', created });
  });

  test('an error of the work is passed on, and the next call runs the work again', async () => {
    const key = aKey();
    const failure = new IdempotencyKeyReusedError('from the work');
    await expect(opened.once.run(key, 'hash', () => Promise.reject(failure))).rejects.toBe(failure);
    const created = { jobId: anId(), replayed: false };
    expect(await opened.once.run(key, 'hash', () => Promise.resolve(created))).toEqual({
      kind: 'ran',
      created,
    });
  });

  test('the work runs again after its record is lost', async () => {
    const key = aKey();
    const created = { jobId: anId(), replayed: false };
    await opened.once.run(key, 'hash', () => Promise.resolve(created));
    await opened.forget();
    const again = { ...created, replayed: true };
    expect(await opened.once.run(key, 'hash', () => Promise.resolve(again))).toEqual({
      kind: 'ran',
      created: again,
    });
  });
});

describe('Powertools', () => {
  test('a result is returned even if its record cannot be written', async () => {
    const opened = openPowertools();
    const created = { jobId: anId(), replayed: false };
    if (tables === undefined) throw new Error('there are no tables');
    const { client } = tables;
    const work = () => {
      client.middlewareStack.add(
        (next, context) => (args) =>
          context.commandName === 'UpdateItemCommand' ? Promise.reject(new Error('no answer')) : next(args),
        { step: 'initialize', name: 'fail' },
      );
      return Promise.resolve(created);
    };
    expect(await opened.once.run(aKey(), 'hash', work)).toEqual({ kind: 'ran', created });
    client.middlewareStack.remove('fail');
    await opened.forget();
  });

  test('a record lives for the configured time, and is in progress no longer than its invocation', async () => {
    if (tables === undefined) throw new Error('there are no tables');
    const { client, idempotency: TableName } = tables;
    await openPowertools().forget();
    const once = makePowertoolsOnce({ client, table: TableName, ttlSeconds: 7200 })(makeContext(5_000));
    const before = Date.now();
    let held: number | undefined;
    await once.run(aKey(), 'hash', async () => {
      const { Items = [] } = await client.send(new ScanCommand({ TableName }));
      held = Number(Items[0]?.['in_progress_expiration']?.N);
      return { jobId: anId(), replayed: false };
    });
    const after = Date.now();
    expect(held).toBeGreaterThanOrEqual(before + 5_000);
    expect(held).toBeLessThanOrEqual(after + 5_000);
    const { Items = [] } = await client.send(new ScanCommand({ TableName }));
    const expiration = Number(Items[0]?.['expiration']?.N);
    expect(expiration).toBeGreaterThanOrEqual(Math.floor(before / 1000) + 7200);
    expect(expiration).toBeLessThanOrEqual(Math.ceil(after / 1000) + 7200);
  });

  test('a table that fails is answered as unknown, and the work does not run', async () => {
    if (tables === undefined) throw new Error('there are no tables');
    const once = makePowertoolsOnce({ client: tables.client, table: 'no-such-table', ttlSeconds: 60 })(
      makeContext(),
    );
    const result = await once.run(aKey(), 'hash', () => Promise.reject(new Error('must not run')));
    expect(result.kind).toBe('unknown');
  });

  test('an invocation without time left is answered as unknown and leaves no record', async () => {
    const key = aKey();
    const none = await openPowertools(0).once.run(key, 'hash', () =>
      Promise.reject(new Error('must not run')),
    );
    expect(none.kind).toBe('unknown');
    const created = { jobId: anId(), replayed: false };
    const then = await openPowertools().once.run(key, 'hash', () => Promise.resolve(created));
    expect(then).toEqual({ kind: 'ran', created });
  });
});
