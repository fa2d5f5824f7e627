/** Tests the check of a create request: the accepted headers and bodies, and the faults of all others. */
import { describe, expect, test } from '@jest/globals';
import { InvalidRequestError, UnsupportedEncodingError } from '../../src/domain/errors.ts';
import { parseCreateRequest } from '../../src/http/create-request.ts';
import type { ApiRequest } from '../../src/http/message.ts';
import { makeIds } from '../support/builders.ts';

const MAX = 1000;

function makeRequest(body: unknown, headers: Record<string, string> = {}): ApiRequest {
  return {
    routeKey: 'POST /',
    path: {},
    headers: { 'idempotency-key': 'key', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  };
}

function listFaults(apiRequest: ApiRequest) {
  try {
    parseCreateRequest(apiRequest, MAX);
  } catch (error) {
    if (error instanceof InvalidRequestError) return error.faults;
    throw error;
  }
  return [];
}

describe('a create request', () => {
  test('that is valid gives its key and its ids as sent', () => {
    const sent = [...makeIds(3), ...makeIds(1)].reverse();
    expect(parseCreateRequest(makeRequest({ target_group_ids: sent }), MAX)).toEqual({
      idempotencyKey: 'key',
      targetGroupIds: sent,
    });
  });

  test('may name as many distinct ids as allowed, duplicates not counted', () => {
    const most = makeIds(MAX);
    expect(listFaults(makeRequest({ target_group_ids: [...most, ...most] }))).toEqual([]);
    expect(listFaults(makeRequest({ target_group_ids: [...most, ...makeIds(1)] }))).toEqual([
      { name: 'target_group_ids', reason: 'expected 1 to 1000 distinct ids, found 1001' },
    ]);
  });

  test.each(['identity', ' Identity ', 'identity, identity', ''])(
    'may say that its encoding is %j',
    (encoding) => {
      const sent = makeRequest({ target_group_ids: makeIds(1) }, { 'content-encoding': encoding });
      expect(listFaults(sent)).toEqual([]);
    },
  );

  test.each(['gzip', 'br', 'identity, gzip', 'identit'])('with the encoding %j is refused', (encoding) => {
    const sent = makeRequest({ target_group_ids: makeIds(1) }, { 'content-encoding': encoding });
    expect(() => parseCreateRequest(sent, MAX)).toThrow(UnsupportedEncodingError);
  });

  test('with a field of a long name has a fault with the beginning of the name', () => {
    const [fault] = listFaults(makeRequest({ target_group_ids: makeIds(1), ['x'.repeat(10_000)]: 1 }));
    expect(fault?.name).toBe('x'.repeat(100));
  });

  test('with values that are no ids has a fault for each of them, and none for their number', () => {
    const faults = listFaults(
      makeRequest({ target_group_ids: Array.from({ length: 2 * MAX }, (_, i) => i) }),
    );
    expect(faults).toHaveLength(100);
    expect(faults.map(({ name }) => name)).not.toContain('target_group_ids');
  });

  test.each<[unknown, string, string]>([
    ['', 'body', 'expected a JSON object, found nothing'],
    ['{', 'body', 'expected JSON at position 1 (line 1, column 2), found nothing'],
    ['{"a":tru}', 'body', 'expected JSON at position 5 (line 1, column 6), found "tru}"'],
    ['{\n "a": 1,\n}', 'body', 'expected JSON at position 11 (line 3, column 1), found "}"'],
    ['null', 'body', 'expected a JSON object, found null'],
    ['"text"', 'body', 'expected a JSON object, found "text"'],
    ['17', 'body', 'expected a JSON object, found the number 17'],
    [[], 'body', 'expected a JSON object, found an empty array'],
    [makeIds(2), 'body', 'expected a JSON object, found an array of 2'],
    [{}, 'target_group_ids', 'expected an array of 1 to 1000 target group ids, found nothing'],
    [
      { target_group_ids: null },
      'target_group_ids',
      'expected an array of 1 to 1000 target group ids, found null',
    ],
    [
      { target_group_ids: [] },
      'target_group_ids',
      'expected an array of 1 to 1000 target group ids, found an empty array',
    ],
    [
      { target_group_ids: 'A' },
      'target_group_ids',
      'expected an array of 1 to 1000 target group ids, found "A"',
    ],
    [
      { target_group_ids: { 0: 'A' } },
      'target_group_ids',
      'expected an array of 1 to 1000 target group ids, found an object',
    ],
    [
      { target_group_ids: [1] },
      'target_group_ids[0]',
      'expected 26 characters of 0-9 and A-Z, found the number 1',
    ],
    [
      { target_group_ids: [['A']] },
      'target_group_ids[0]',
      'expected 26 characters of 0-9 and A-Z, found an array of 1',
    ],
    [
      { target_group_ids: [''] },
      'target_group_ids[0]',
      'expected 26 characters of 0-9 and A-Z, found an empty text',
    ],
    [
      { target_group_ids: makeIds(1), dry_run: true },
      'dry_run',
      'expected no field besides target_group_ids, found the boolean true',
    ],
    [
      '{"target_group_ids":["TTTTTTTTTTTTTTTTTTTTTTTTTT"],"__proto__":{}}',
      '__proto__',
      'expected no field besides target_group_ids, found an object',
    ],
  ])('%j is refused', (body, name, reason) => {
    expect(listFaults(makeRequest(body))).toEqual([{ name, reason }]);
  });

  test.each([
    ['with two lists', '{"target_group_ids":["B"],"target_group_ids":IDS}'],
    ['with the same list twice', '{"target_group_ids":IDS,"target_group_ids":IDS}'],
    ['with a name that is escaped', '{"target_group_ids":IDS,"target\\u005fgroup_ids":IDS}'],
    ['with values that are no ids', '{"target_group_ids":["x"],"target_group_ids":[1]}'],
    ['with fields inside of the first', '{"target_group_ids":{"a":{"b":1}},"target_group_ids":IDS}'],
    ['with quotes in the first', String.raw`{"target_group_ids":"\\\"","target_group_ids":IDS}`],
  ])('a field that stands twice is refused: %s', (_name, body) => {
    expect(listFaults(makeRequest(body.replaceAll('IDS', JSON.stringify(makeIds(2)))))).toEqual([
      { name: 'target_group_ids', reason: 'expected one such field, found several' },
    ]);
  });

  test('a colon inside of a text is no field', () => {
    const [fault, ...others] = listFaults(makeRequest(String.raw`{"target_group_ids":["\":","a:b\\"]}`));
    expect(fault?.reason).toContain('expected 26 characters');
    expect(others.map(({ name }) => name)).toEqual(['target_group_ids[1]']);
    const spaced = `{ "target\\u005fgroup_ids" : ${JSON.stringify(makeIds(2))} }`;
    expect(listFaults(makeRequest(spaced))).toEqual([]);
  });

  test('a long value is shortened in its fault', () => {
    const [fault] = listFaults(makeRequest({ target_group_ids: ['A'.repeat(1_000_000)] }));
    expect(fault?.reason.length).toBeLessThan(200);
    expect(fault?.reason).toContain('of 1000000 characters');
  });

  test('at most the first hundred faults are listed', () => {
    const faults = listFaults(makeRequest({ target_group_ids: Array.from({ length: 500 }, (_, i) => i) }));
    expect(faults).toHaveLength(100);
    expect(faults.at(-1)?.name).toBe('target_group_ids[99]');
    const fields = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`f${i}`, 1]));
    expect(listFaults(makeRequest({ ...fields, target_group_ids: [1] }))).toHaveLength(100);
  });

  test('faults of headers and body are listed together', () => {
    const headers = { 'idempotency-key': 'k'.repeat(256), 'cint-api-version': '2025-12-17' };
    expect(listFaults(makeRequest({ target_group_ids: [] }, headers)).map(({ name }) => name)).toEqual([
      'idempotency-key',
      'cint-api-version',
      'target_group_ids',
    ]);
  });

  test('a field that stands twice is refused beside an unknown one, which may stand twice too', () => {
    const ids = JSON.stringify(makeIds(1));
    const body = `{"x":1,"target_group_ids":${ids},"x":2,"target_group_ids":${ids},"__proto__":1,"__proto__":2}`;
    expect(listFaults(makeRequest(body)).map(({ name }) => name)).toEqual([
      'x',
      '__proto__',
      'target_group_ids',
    ]);
  });

  test.each(['same,same', 'a,', 'ä', 'a\u00a0b', 'a\tb', 'a\nb', '\u007f', '✓'])(
    'the idempotency key %j is refused',
    (key) => {
      expect(listFaults(makeRequest({ target_group_ids: makeIds(1) }, { 'idempotency-key': key }))).toEqual([
        {
          name: 'idempotency-key',
          reason: `expected 1 to 255 characters of printable ASCII without a comma, found ${JSON.stringify(key)}`,
        },
      ]);
    },
  );

  test('the idempotency key may be a UUID, a quoted one, or have any character but the comma', () => {
    const ascii = Array.from({ length: 0x7f - 0x20 }, (_, i) => String.fromCharCode(0x20 + i)).join('');
    const keys = ['9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d', '"quoted"', ascii.replace(',', '')];
    for (const key of keys) {
      expect(listFaults(makeRequest({ target_group_ids: makeIds(1) }, { 'idempotency-key': key }))).toEqual(
        [],
      );
    }
  });

  test('the idempotency key has 1 to 255 characters', () => {
    const good = { target_group_ids: makeIds(1) };
    expect(listFaults(makeRequest(good, { 'idempotency-key': 'k'.repeat(255) }))).toEqual([]);
    expect(listFaults(makeRequest(good, { 'idempotency-key': '' }))).toEqual([
      {
        name: 'idempotency-key',
        reason: 'expected 1 to 255 characters of printable ASCII without a comma, found an empty text',
      },
    ]);
    expect(listFaults({ ...makeRequest(good), headers: {} })).toEqual([
      {
        name: 'idempotency-key',
        reason: 'expected 1 to 255 characters of printable ASCII without a comma, found nothing',
      },
    ]);
  });

  test('the version, if sent, is the current one', () => {
    const good = { target_group_ids: makeIds(1) };
    expect(listFaults(makeRequest(good, { 'cint-api-version': '2025-12-18' }))).toEqual([]);
    for (const version of ['', 'latest', '2025-12-19', '20251218']) {
      expect(listFaults(makeRequest(good, { 'cint-api-version': version }))).toHaveLength(1);
    }
  });
});
