/** Tests the wrapper of every HTTP handler: traces on answers, errors without details, decoded requests. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import type { Handle, makeHttpHandler as HttpHandler } from '../../src/http/http-handler.ts';
import type { ApiRequest, ApiResponse } from '../../src/http/message.ts';

const TRACEPARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

let httpHandler: typeof HttpHandler;

beforeAll(async () => {
  // The logger reads its level when it is loaded.
  process.env['POWERTOOLS_LOG_LEVEL'] = 'SILENT';
  ({ makeHttpHandler: httpHandler } = await import('../../src/http/http-handler.ts'));
});

const context = { getRemainingTimeInMillis: () => 10_000, awsRequestId: 'r' } as Context;

async function callHandler(
  handle: Handle,
  event: Partial<APIGatewayProxyEventV2> = {},
): Promise<ApiResponse> {
  const handler = httpHandler(handle);
  const whole = { routeKey: 'GET /', headers: {}, isBase64Encoded: false, ...event };
  return await handler(whole as APIGatewayProxyEventV2, context);
}

async function captureRequest(event: Partial<APIGatewayProxyEventV2>): Promise<ApiRequest> {
  let request: ApiRequest | undefined;
  await callHandler((given) => {
    request = given;
    return Promise.resolve({ statusCode: 200 });
  }, event);
  if (request === undefined) throw new Error('the handler was not called');
  return request;
}

describe('an answer', () => {
  test.each<[string, Handle]>([
    ['that is good', () => Promise.resolve({ statusCode: 200, headers: { 'x-own': '1' } })],
    ['that is an error', () => Promise.reject(new Error('secret table name'))],
  ])('%s names the trace of its request', async (_name, handle) => {
    const { headers } = await callHandler(handle, { headers: { TraceParent: TRACEPARENT } });
    expect(headers?.['traceparent']).toMatch(/^00-4bf92f3577b34da6a3ce929d0e0e4736-[0-9a-f]{16}-01$/);
    expect(headers?.['tracestate']).toMatch(/^fielding-jobs=/);
  });

  test('to an unexpected error is a 500 without its message', async () => {
    const { statusCode, body } = await callHandler(() => Promise.reject(new Error('secret table name')));
    expect(statusCode).toBe(500);
    expect(body).not.toContain('secret');
    expect(JSON.parse(body ?? '')).toMatchObject({ object: 'unexpected_internal_error' });
  });

  test('to a thrown value that is no Error is a 500, too', async () => {
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- that is what is tested
    expect((await callHandler(() => Promise.reject('a text'))).statusCode).toBe(500);
  });
});

describe('a request', () => {
  test('has its header names in lower case, whatever the gateway sends', async () => {
    const { headers } = await captureRequest({ headers: { 'Idempotency-KEY': 'k', __proto__: 'x' } });
    expect(headers['idempotency-key']).toBe('k');
  });

  test('has its body decoded from Base64', async () => {
    const body = Buffer.from('{"ä":1}').toString('base64');
    expect((await captureRequest({ body, isBase64Encoded: true })).body).toBe('{"ä":1}');
    expect((await captureRequest({ body: '{}' })).body).toBe('{}');
    expect((await captureRequest({})).body).toBe('');
  });

  test.each(['\uFEFF', '\uFEFF\uFEFF'])(
    'has its body without %j before it, in Base64 or not',
    async (marks) => {
      const body = `${marks}{}`;
      expect((await captureRequest({ body })).body).toBe('{}');
      const encoded = Buffer.from(body).toString('base64');
      expect((await captureRequest({ body: encoded, isBase64Encoded: true })).body).toBe('{}');
    },
  );

  test('whose body is not UTF-8 has a fault in place of the body', async () => {
    const body = Buffer.from([0xff, 0xfe]).toString('base64');
    expect((await captureRequest({ body, isBase64Encoded: true })).body).toEqual({
      name: 'body',
      reason: 'expected text in UTF-8, found other bytes',
    });
  });
});
