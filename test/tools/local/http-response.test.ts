/** Tests the HTTP response that a function's answer becomes. */
import { describe, expect, test } from '@jest/globals';
import { makeHttpResponse } from '../../../tools/local/gateway/response.ts';

function makeResponse(answer: unknown) {
  const { status, headers, body } = makeHttpResponse({ ok: true, payload: JSON.stringify(answer) });
  return { status, headers, body: body.toString() };
}

const INTERNAL = {
  status: 500,
  headers: { 'content-type': 'application/json' },
  body: '{"message":"Internal Server Error"}',
};

test('status, headers, cookies and body are those of the answer', () => {
  expect(
    makeResponse({
      statusCode: 201,
      headers: { Location: '/x', 'X-N': 5 },
      cookies: ['a=1', 'b=2'],
      body: 'hi',
    }),
  ).toEqual({
    status: 201,
    headers: {
      'content-type': 'text/plain; charset=utf-8',
      location: '/x',
      'x-n': '5',
      'set-cookie': ['a=1', 'b=2'],
    },
    body: 'hi',
  });
});

test('a body in base64 is decoded', () => {
  const body = Buffer.from('bytes').toString('base64');
  expect(makeResponse({ statusCode: 200, body, isBase64Encoded: true }).body).toBe('bytes');
});

test('the status may be text', () => {
  expect(makeResponse({ statusCode: '404' }).status).toBe(404);
});

test.each([
  [{ any: 'thing' }, '{"any":"thing"}'],
  [['a'], '["a"]'],
  ['plain', 'plain'],
  [null, 'null'],
  [5, '5'],
])('an answer without a status, %j, is a 200 of JSON', (answer, body) => {
  expect(makeResponse(answer)).toEqual({
    status: 200,
    headers: { 'content-type': 'application/json' },
    body,
  });
});

test('headers of the connection are renamed', () => {
  const { headers } = makeResponse({
    statusCode: 200,
    headers: { 'Transfer-Encoding': 'x', 'Content-Length': '9' },
  });
  expect(headers).toMatchObject({
    'x-amzn-remapped-transfer-encoding': 'x',
    'x-amzn-remapped-content-length': '9',
  });
  expect(headers).not.toHaveProperty('transfer-encoding');
});

describe('the gateway answers with its own 500', () => {
  test.each([
    { statusCode: 'many' },
    { statusCode: 99 },
    { statusCode: 200, body: { not: 'text' } },
    { statusCode: 200, headers: { a: ['b'] } },
    { statusCode: 200, cookies: 'a=1' },
  ])('when the answer is %j', (answer) => {
    expect(makeResponse(answer)).toEqual(INTERNAL);
  });

  test('when the function failed', () => {
    const error = { errorType: 'Error', errorMessage: 'secret', trace: [] };
    const { status, headers, body } = makeHttpResponse({ ok: false, error });
    expect({ status, headers, body: body.toString() }).toEqual(INTERNAL);
  });
});

test('a throttled function is a 503', () => {
  const error = { errorType: 'TooManyRequestsException', errorMessage: 'Rate Exceeded.', trace: [] };
  expect(makeHttpResponse({ ok: false, error }).status).toBe(503);
});
