/** Tests hostile input: JavaScript's own keys, deep nesting, many fields, and texts that slow a pattern. */
import { afterEach, describe, expect, test } from '@jest/globals';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { CompactSign, generateKeyPair } from 'jose';
import { InvalidRequestError } from '../../src/domain/errors.ts';
import { isId, parseAccountId } from '../../src/domain/ids.ts';
import { makeAuthenticator } from '../../src/http/auth.ts';
import { parseCreateRequest } from '../../src/http/create-request.ts';
import { readApiRequest } from '../../src/http/message.ts';
import { parsePath } from '../../src/http/path.ts';
import { makeTraceContext } from '../../src/observability/trace-context.ts';
import { SUBJECT } from '../support/api-client.ts';
import { makeRules } from '../support/token-rules.ts';

const ID = 'A'.repeat(26);
const KEYS = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty'];

const before = Object.getOwnPropertyNames(Object.prototype);

afterEach(() => {
  expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
  expect({}).not.toHaveProperty('polluted');
});

/** Makes an event from JSON, as the function receives it, so that `__proto__` is a name like any other. */
function makeEvent(more: string, body: string): APIGatewayProxyEventV2 {
  const text = `{"routeKey":"POST /","isBase64Encoded":false,"body":${JSON.stringify(body)},${more}}`;
  return JSON.parse(text) as APIGatewayProxyEventV2;
}

/** Returns the names of the faults of a body; none if it is accepted. */
function listFaultNames(body: string, more = '"headers":{"idempotency-key":"k"}'): string[] {
  try {
    parseCreateRequest(readApiRequest(makeEvent(more, body)), 10_000);
  } catch (error) {
    if (error instanceof InvalidRequestError) return error.faults.map(({ name }) => name);
    throw error;
  }
  return [];
}

describe("a key of JavaScript's own", () => {
  test.each(KEYS)('%s is an unknown field like any other', (key) => {
    expect(listFaultNames(`{"target_group_ids":["${ID}"],"${key}":{"polluted":1}}`)).toEqual([key]);
    expect(listFaultNames(`{"${key}":{"target_group_ids":["${ID}"],"polluted":1}}`)).toEqual([
      key,
      'target_group_ids',
    ]);
    expect(listFaultNames(`{"target_group_ids":[{"${key}":{"polluted":1}}]}`)).toEqual([
      'target_group_ids[0]',
    ]);
    expect(listFaultNames(`{"target_group_ids":{"${key}":{"polluted":1}}}`)).toEqual(['target_group_ids']);
  });

  test.each(KEYS)('%s is ignored as a header and in the query', (key) => {
    const hostile = `{"${key}":"polluted","${key.toUpperCase()}":"polluted"}`;
    const more = `"headers":${hostile},"queryStringParameters":${hostile},"pathParameters":${hostile}`;
    const request = readApiRequest(makeEvent(more, ''));
    expect(request.headers['idempotency-key']).toBeUndefined();
    expect(listFaultNames(`{"target_group_ids":["${ID}"]}`, more)).toEqual(['idempotency-key']);
    expect(() => parsePath(request.path, 'job_id')).toThrow(InvalidRequestError);
  });

  test('does not add headers from __proto__ of the headers', () => {
    const more = '"headers":{"__proto__":{"idempotency-key":"k","authorization":"x"}}';
    const { headers } = readApiRequest(makeEvent(more, ''));
    expect(headers['idempotency-key']).toBeUndefined();
    expect(headers['authorization']).toBeUndefined();
  });

  test.each(KEYS)('%s gives no access as a claim', async (key) => {
    const { publicKey, privateKey } = await generateKeyPair('ES256');
    const rules = makeRules({ issuer: 'i', audiences: ['a'], accountsByClient: { [SUBJECT]: [101] } });
    const claims = `{"iss":"i","aud":"a","sub":"${SUBJECT}","exp":9999999999,"${key}":{"account_ids":[101],"scope":"batch-jobs:read","polluted":1}}`;
    // The claims are signed as text, because an object could lose its __proto__.
    const token = await new CompactSign(new TextEncoder().encode(claims))
      .setProtectedHeader({ alg: 'ES256' })
      .sign(privateKey);
    const keys = () => Promise.resolve(publicKey);
    const caller = await makeAuthenticator(rules, keys)(`Bearer ${token}`);
    expect({ accounts: [...caller.accounts], scopes: [...caller.scopes] }).toEqual({
      accounts: [],
      scopes: [],
    });
  });
});

describe('a body', () => {
  const DEPTH = 100_000;

  test.each([
    ['arrays', '['.repeat(DEPTH) + ']'.repeat(DEPTH), ['body']],
    ['objects', '{"a":'.repeat(DEPTH) + '1' + '}'.repeat(DEPTH), ['a', 'target_group_ids']],
    [
      'arrays of ids',
      `{"target_group_ids":${'['.repeat(DEPTH)}${']'.repeat(DEPTH)}}`,
      ['target_group_ids[0]'],
    ],
    ['arrays without end', '['.repeat(6_000_000), ['body']],
    ['objects without end', '{"a":'.repeat(1_000_000), ['body']],
  ])('of nested %s is refused', (_name, body, faults) => {
    expect(listFaultNames(body)).toEqual(faults);
  });

  test('of a hundred thousand fields is refused with its first hundred faults', () => {
    const fields = Array.from({ length: 100_000 }, (_, n) => `"k${n}":1`);
    expect(listFaultNames(`{${fields.join(',')}}`)).toHaveLength(100);
    const numbers = Array.from({ length: 100_000 }, (_, n) => `"${n * 65_536}":1`);
    expect(listFaultNames(`{${numbers.join(',')}}`)).toHaveLength(100);
  });
});

describe('a text of a million characters', () => {
  const MILLION = 1_000_000;
  // Each text almost matches one of the patterns, so that the match fails as late as possible.
  const texts = [
    '0',
    'A',
    'a',
    ' ',
    '-',
    '=',
    ',',
    'a=',
    'a=1,',
    'a=b ',
    '00-',
    'a/',
    'Bearer ',
    '/batch-jobs/',
  ].map((piece) => piece.repeat(MILLION / piece.length));
  const around = texts.flatMap((text) => [
    text,
    `${text}!`,
    `00-${text}`,
    `Bearer ${text}`,
    `a=${text}\u0000`,
  ]);

  test('is accepted neither as id nor as account nor as trace', () => {
    for (const text of around) {
      expect(isId(text)).toBe(false);
      expect(parseAccountId(text)).toBeUndefined();
      const parent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
      const known = makeTraceContext({ traceparent: parent, tracestate: text });
      expect(known.tracestate.length).toBeLessThanOrEqual(512);
      expect(makeTraceContext({ traceparent: text, tracestate: text }, text).traceparent).toMatch(/^00-/);
    }
  });

  test('is not accepted as token', async () => {
    const authenticate = makeAuthenticator(makeRules(), () => Promise.reject(new Error('no keys')));
    for (const text of around) {
      await expect(authenticate(text)).rejects.toMatchObject({ name: 'UnauthenticatedError' });
    }
  });

  test('is listed as one fault for each place', () => {
    for (const text of around) {
      const body = JSON.stringify({ target_group_ids: [text], [text]: text });
      expect(listFaultNames(body)).toHaveLength(2);
    }
  });
});
