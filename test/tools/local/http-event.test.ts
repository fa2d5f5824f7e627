/** Tests the event that a function gets for a request. */
import { describe, expect, test } from '@jest/globals';
import { type GatewayRequest, makeHttpEvent } from '../../../tools/local/gateway/event.ts';
import type { Match } from '../../../tools/local/gateway/router.ts';

const MATCH: Match = {
  route: { key: 'POST /jobs/{id}', functionId: 'Fn', timeoutMilliseconds: 1 },
  pathParameters: { id: '1' },
};

function makeEvent(overrides: Partial<GatewayRequest> = {}) {
  const request: GatewayRequest = {
    method: 'POST',
    target: '/jobs/1',
    protocol: 'HTTP/1.1',
    rawHeaders: ['Host', 'localhost:3000', 'User-Agent', 'test/1'],
    body: Buffer.alloc(0),
    sourceIp: '127.0.0.1',
    requestId: 'request-1',
    traceId: 'Root=1-00000000-000000000000000000000000',
    time: new Date('2026-03-05T07:08:09.123Z'),
    ...overrides,
  };
  return makeHttpEvent(request, MATCH);
}

test('the event has the payload format 2.0', () => {
  expect(makeEvent()).toEqual({
    version: '2.0',
    routeKey: 'POST /jobs/{id}',
    rawPath: '/jobs/1',
    rawQueryString: '',
    headers: {
      host: 'localhost:3000',
      'user-agent': 'test/1',
      'content-length': '0',
      'x-amzn-trace-id': 'Root=1-00000000-000000000000000000000000',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
    },
    pathParameters: { id: '1' },
    requestContext: {
      accountId: '000000000000',
      apiId: 'local',
      domainName: 'localhost:3000',
      domainPrefix: 'localhost:3000',
      http: {
        method: 'POST',
        path: '/jobs/1',
        protocol: 'HTTP/1.1',
        sourceIp: '127.0.0.1',
        userAgent: 'test/1',
      },
      requestId: 'request-1',
      routeKey: 'POST /jobs/{id}',
      stage: '$default',
      time: '05/Mar/2026:07:08:09 +0000',
      timeEpoch: 1_772_694_489_123,
    },
    isBase64Encoded: false,
  });
});

test('header names are in lower case, repeated headers joined by commas, cookies apart', () => {
  const { headers, cookies } = makeEvent({
    rawHeaders: [
      'X-A',
      '1',
      'x-a',
      '2',
      'Authorization',
      'one',
      'authorization',
      'two',
      'Cookie',
      'a=1; b=2',
    ],
  });
  expect(headers).toMatchObject({ 'x-a': '1,2', authorization: 'one,two' });
  expect(headers).not.toHaveProperty('cookie');
  expect(cookies).toEqual(['a=1', 'b=2']);
});

test('a header named __proto__ is like any other', () => {
  const { headers } = makeEvent({ rawHeaders: ['__proto__', 'x'] });
  expect(Object.entries(headers)).toContainEqual(['__proto__', 'x']);
});

test('the path is decoded, and the query comes both raw and parsed', () => {
  const { rawPath, rawQueryString, queryStringParameters, requestContext } = makeEvent({
    target: '/jobs/a%20b?x=1&x=%32&y=%2B',
  });
  expect(rawPath).toBe('/jobs/a b');
  expect(requestContext.http.path).toBe('/jobs/a b');
  expect(rawQueryString).toBe('x=1&x=%32&y=%2B');
  expect({ ...queryStringParameters }).toEqual({ x: '1,2', y: '+' });
});

test.each(['/%', '/%c3%28', '/%zz?%'])('the malformed target %s does not fail', (target) => {
  expect(makeEvent({ target }).rawPath).toBe(target.split('?')[0]);
});

describe('the body', () => {
  const body = Buffer.from('{"ä":1}');
  test.each([
    'application/json',
    'Application/JSON; charset=utf-8',
    'text/plain',
    'application/javascript',
    'application/xml',
    'application/problem+json',
    'application/soap+xml; charset=utf-8',
  ])('of %s is handed on as text', (contentType) => {
    const { body: text, isBase64Encoded } = makeEvent({ rawHeaders: ['content-type', contentType], body });
    expect(isBase64Encoded).toBe(false);
    expect(text).toBe('{"ä":1}');
  });

  test('of no declared type is handed on as text', () => {
    expect(makeEvent({ rawHeaders: [], body })).toMatchObject({ isBase64Encoded: false, body: '{"ä":1}' });
  });

  test.each(['application/x-www-form-urlencoded', 'application/octet-stream', 'image/png', 'nonsense'])(
    'of %s is handed on as base64',
    (contentType) => {
      const { body: text, isBase64Encoded } = makeEvent({ rawHeaders: ['content-type', contentType], body });
      expect(isBase64Encoded).toBe(true);
      expect(Buffer.from(text ?? '', 'base64').toString()).toBe('{"ä":1}');
    },
  );

  test('is left out when it is empty', () => {
    expect(makeEvent()).not.toHaveProperty('body');
  });
});
