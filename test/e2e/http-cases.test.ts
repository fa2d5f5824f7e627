/**
 * Sends the requests of test/support/cases/http.json as they come from other clients: with a byte order mark,
 * compressed, with headers twice, and with trace headers at their limits.
 */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { errorBody } from '../../api/answers.ts';
import { makeCollectionPath } from '../../api/paths.ts';
import type { Tenant } from '../../src/domain/ids.ts';
import { anId } from '../support/builders.ts';
import { Client } from '../support/api-client.ts';
import type { Header } from '../support/cases/trace-context-cases.ts';
import { aProject, readE2eStack } from '../support/e2e.ts';
import { sendOnWire } from '../support/send-on-wire.ts';

interface HttpCase {
  readonly name: string;
  readonly body?: string;
  /** A header with several values is sent once for each. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly encoding?: 'gzip';
  readonly want: {
    readonly status?: number | readonly number[];
    /** The fault that the answer lists first. */
    readonly names?: string;
    readonly tracestate?: 'none of them';
    /** `03 or 01` */
    readonly 'traceparent flags'?: string;
  };
}

const CASES = JSON.parse(
  readFileSync(new URL('../support/cases/http.json', import.meta.url), 'utf8'),
) as readonly HttpCase[];

const stack = readE2eStack();
let client: Client;
let tenant: Tenant;
let ids: string[];

beforeAll(async () => {
  client = await Client.signIn(stack.url);
  ({ tenant, ids } = await aProject(stack, [{}]));
});

/** Creates a job with these headers in addition to those that it needs, and returns the answer. */
async function create(headers: readonly Header[], body: string | Uint8Array<ArrayBuffer>) {
  const given = new Set(headers.map(([name]) => name));
  const needed: Header[] = [
    ['authorization', `Bearer ${client.token}`],
    ['content-type', 'application/json'],
    ['idempotency-key', anId('K')],
  ];
  return sendOnWire(stack.url, {
    method: 'POST',
    target: makeCollectionPath(tenant, 'resume'),
    headers: [...needed.filter(([name]) => !given.has(name)), ...headers],
    body,
  });
}

test.each(CASES)('$name', async ({ body, headers = {}, encoding, want }) => {
  const sent = Object.entries(headers)
    .flatMap(([name, values]) => [values].flat().map((value) => [name, value] as const))
    .map(([name, value]): Header => [name, value === '33 members' ? listMembers(33) : value]);
  // The ids of the file are those of the demo data, which other suites change.
  const text =
    body?.replace(/"[0-9A-Z]{26}"/, JSON.stringify(ids[0])) ?? JSON.stringify({ target_group_ids: ids });
  const answer = await create(
    encoding === undefined ? sent : [...sent, ['content-encoding', encoding]],
    encoding === undefined ? text : Uint8Array.from(gzipSync(text)),
  );
  expect([want.status ?? 201].flat()).toContain(answer.status);
  const [fault] = answer.status === 400 ? readFaults(answer.body) : [];
  expect(fault?.name).toBe(want.names);
  if (want.tracestate !== undefined) expect(answer.headers.get('tracestate')).toMatch(/^fielding-jobs=\w+$/);
  const flags = want['traceparent flags']?.split(' or ');
  if (flags !== undefined) expect(flags).toContain(answer.headers.get('traceparent')?.slice(-2));
});

function readFaults(body: string) {
  return errorBody.parse(JSON.parse(body)).invalid_params ?? [];
}

function listMembers(count: number): string {
  return Array.from({ length: count }, (_, i) => `k${i}=v`).join(',');
}

describe('a content encoding', () => {
  const body = () => JSON.stringify({ target_group_ids: ids });

  test.each(['gzip', 'x-gzip', 'GZIP', 'deflate', 'br', 'zstd', 'identity, gzip', 'gzip, gzip', 'unknown'])(
    '%s is refused, whatever the type of the content',
    async (encoding) => {
      for (const type of ['application/json', 'application/octet-stream']) {
        const headers: Header[] = [
          ['content-encoding', encoding],
          ['content-type', type],
        ];
        const answer = await create(headers, Uint8Array.from(gzipSync(body())));
        expect(answer.status).toBe(415);
        expect(answer.headers.get('accept-encoding')).toBe('identity');
        expect(errorBody.parse(JSON.parse(answer.body))).toMatchObject({
          object: 'unsupported_media_type_error',
          detail: expect.stringContaining('gzip') as unknown as string,
        });
      }
    },
  );

  test.each(['identity', 'Identity', 'identity, identity', ''])('%j is none', async (encoding) => {
    expect((await create([['content-encoding', encoding]], body())).status).toBe(201);
  });

  test('is no matter of a call that reads', async () => {
    const created = await create([], body());
    const read = await client.get(created.headers.get('location') ?? '', { 'content-encoding': 'gzip' });
    expect(read.status).toBe(200);
  });
});

test.each([
  ['with a comma', 'a,b'],
  ['with an umlaut', 'schl\u00fcssel'],
  ['in UTF-8', Buffer.from('schl\u00fcssel\u2713').toString('latin1')],
  ['with a tab', 'a\tb'],
])('a key %s is refused by name', async (_name, key) => {
  const answer = await create([['idempotency-key', key]], JSON.stringify({ target_group_ids: ids }));
  expect(answer.status).toBe(400);
  expect(readFaults(answer.body)).toMatchObject([
    {
      name: 'idempotency-key',
      reason: expect.stringContaining('printable ASCII without a comma') as unknown as string,
    },
  ]);
});
