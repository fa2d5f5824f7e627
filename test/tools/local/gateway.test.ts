/** Tests the HTTP server of the local stack: its limits, hostile input, and its answers before it serves. */
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { InvocationResult } from '../../../tools/local/functions/messages.ts';
import { Router } from '../../../tools/local/gateway/router.ts';
import { Gateway, type RequestLine, type ServedApi } from '../../../tools/local/gateway/server.ts';
import type { Throttle } from '../../../tools/local/template/read-routes.ts';

let gateway: Gateway;
let lines: RequestLine[] = [];
let events: APIGatewayProxyEventV2[] = [];

type Body = NonNullable<RequestInit['body']>;

const OK: InvocationResult = { ok: true, payload: JSON.stringify({ statusCode: 200, body: 'ok' }) };

beforeEach(async () => {
  lines = [];
  events = [];
  gateway = await Gateway.listen(0, (line) => lines.push(line));
});

afterEach(() => gateway.close(0));

/** Lets every request go to one function. */
function serve(
  answer: () => Promise<InvocationResult> = () => Promise.resolve(OK),
  timeoutMilliseconds = 30_000,
  throttle?: Throttle,
  changes: Partial<ServedApi> = {},
) {
  const invoke = (event: string) => {
    events.push(JSON.parse(event) as APIGatewayProxyEventV2);
    return answer();
  };
  gateway.serve({
    router: new Router([{ key: '$default', functionId: 'Fn', timeoutMilliseconds, throttle }]),
    functions: new Map([['Fn', { invoke }]]),
    mayInvoke: () => true,
    basePath: '',
    cors: undefined,
    ...changes,
  });
}

/** Sends bytes unchanged; resolves with everything that comes back. */
async function sendRaw(text: string): Promise<string> {
  const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
  let answer = '';
  // The gateway may close the connection.
  socket.on('error', () => undefined);
  socket.on('data', (data) => (answer += data.toString()));
  socket.end(text);
  await new Promise((resolve) => socket.once('close', resolve));
  return answer;
}

async function post(body: Body, type = 'application/json'): Promise<{ status: number; body: string }> {
  const init = { method: 'POST', body, headers: { 'content-type': type }, duplex: 'half' } as RequestInit;
  const response = await fetch(gateway.url, init);
  return { status: response.status, body: await response.text() };
}

test('the gateway answers 503 until it serves', async () => {
  const response = await fetch(gateway.url);
  expect(response.status).toBe(503);
  expect(await response.json()).toEqual({ message: 'Service Unavailable' });
  serve();
  expect((await fetch(gateway.url)).status).toBe(200);
});

test('the gateway answers a request and logs it', async () => {
  serve();
  const response = await fetch(`${gateway.url}/a/b?c=1`, { method: 'PUT' });
  expect(await response.text()).toBe('ok');
  expect(response.headers.get('apigw-requestid')).toBe(events[0]?.requestContext.requestId);
  expect(events[0]).toMatchObject({
    rawPath: '/a/b',
    rawQueryString: 'c=1',
    requestContext: { http: { method: 'PUT' } },
  });
  expect(lines).toMatchObject([{ method: 'PUT', path: '/a/b', status: 200 }]);
});

test('the error for a port in use names the port', async () => {
  const { port } = new URL(gateway.url);
  await expect(Gateway.listen(Number(port), () => undefined)).rejects.toThrow(`port ${port} is in use`);
});

describe('a body', () => {
  const chunk = Buffer.alloc(1024 * 1024, 'x');

  async function* streamMegabytes(count: number) {
    for (let n = 0; n < count; n++) yield await Promise.resolve(chunk);
  }

  test('above 10 MB is a 413, whether its length is known or not', async () => {
    serve();
    const expected = { status: 413, body: '{"message":"Request Entity Too Large"}' };
    expect(await post(Buffer.alloc(10 * 1024 * 1024 + 1, 'x'))).toEqual(expected);
    expect(await post(ReadableStream.from(streamMegabytes(12)) as Body)).toEqual(expected);
    expect(events).toEqual([]);
  });

  test('is refused before its end, as soon as it is too large', async () => {
    serve();
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    const answered = new Promise<string>((resolve) =>
      socket.once('data', (data) => {
        resolve(data.toString());
      }),
    );
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
    for (let n = 0; n < 11; n++) socket.write(`100000\r\n${chunk.toString()}\r\n`);
    expect(await answered).toMatch(/^HTTP\/1\.1 413 /);
    socket.destroy();
  });

  test('that makes the event larger than 6 MB is a 413', async () => {
    serve();
    expect((await post(Buffer.alloc(6_200_000, 'x'))).status).toBe(200);
    expect((await post(Buffer.alloc(6_291_556, 'x'))).status).toBe(413);
    // The event escapes a quote with two bytes, and base64 makes four bytes of three.
    expect((await post(Buffer.alloc(3_200_000, '"'))).status).toBe(413);
    expect((await post(Buffer.alloc(4_800_000, 'x'), 'application/octet-stream')).status).toBe(413);
    expect(events).toHaveLength(1);
  });
});

test('an integration that takes too long is a 503', async () => {
  let finish: (result: InvocationResult) => void = () => undefined;
  serve(() => new Promise((resolve) => (finish = resolve)), 50);
  const response = await fetch(gateway.url);
  expect(response.status).toBe(503);
  expect(await response.json()).toEqual({ message: 'Service Unavailable' });
  finish(OK);
});

test('a request above the limits of its route is a 429 and reaches no function', async () => {
  serve(undefined, 30_000, { perSecond: 0.001, burst: 2 });
  const statuses = await Promise.all([1, 2, 3].map(async () => (await fetch(gateway.url)).status));
  expect(statuses.sort()).toEqual([200, 200, 429]);
  const response = await fetch(gateway.url);
  expect(response.headers.get('content-type')).toBe('application/json');
  expect(await response.json()).toEqual({ message: 'Too Many Requests' });
  expect(events).toHaveLength(2);
  expect(lines.filter(({ status }) => status === 429)).toHaveLength(2);
});

test('an event above the reserved concurrency of its function is a 503', async () => {
  const error = { errorType: 'TooManyRequestsException', errorMessage: 'Rate Exceeded.', trace: [] };
  serve(() => Promise.resolve({ ok: false, error }));
  const response = await fetch(gateway.url);
  expect(response.status).toBe(503);
  expect(await response.json()).toEqual({ message: 'Service Unavailable' });
});

test('an answer that HTTP cannot carry is a 500, and the log has the reason', async () => {
  const headers = { 'x-good': '1', 'x-bad': 'a\nb' };
  serve(() => Promise.resolve({ ok: true, payload: JSON.stringify({ statusCode: 200, headers }) }));
  const response = await fetch(gateway.url);
  expect(response.status).toBe(500);
  expect(response.headers.has('x-good')).toBe(false);
  expect(await response.json()).toEqual({ message: 'Internal Server Error' });
  expect(lines).toMatchObject([{ status: 500, problem: expect.stringContaining('x-bad') }]);
});

test('no route and no $default is a 404', async () => {
  serve(undefined, undefined, undefined, { router: new Router([]) });
  const response = await fetch(gateway.url);
  expect(response.status).toBe(404);
  expect(await response.json()).toEqual({ message: 'Not Found' });
});

test('with a base path the API is below it and nowhere else', async () => {
  serve(undefined, undefined, undefined, {
    basePath: '/bulk/jobs',
    router: new Router([{ key: 'GET /x/{id}', functionId: 'Fn', timeoutMilliseconds: 30_000 }]),
  });
  for (const path of ['/x/1', '/bulk/x/1', '/bulk/jobsx/1', '/bulk/jobs', '/Bulk/jobs/x/1', '/']) {
    const response = await fetch(gateway.url + path);
    expect([path, response.status]).toEqual([path, 404]);
  }
  expect(await (await fetch(`${gateway.url}/bulk/jobs/x/1?a=b`)).text()).toBe('ok');
  expect(events).toMatchObject([
    { rawPath: '/bulk/jobs/x/1', routeKey: 'GET /x/{id}', pathParameters: { id: '1' } },
  ]);
});

describe('with CORS', () => {
  const cors = {
    allowHeaders: ['authorization'],
    allowMethods: ['GET', 'POST'],
    allowOrigins: ['https://a.example', 'http://localhost:5173'],
    exposeHeaders: ['location', 'x-job-progress'],
    maxAge: 60,
  };
  const answer =
    (headers: object, statusCode = 200) =>
    () =>
      Promise.resolve({
        ok: true,
        payload: JSON.stringify({ statusCode, headers }),
      } satisfies InvocationResult);
  const listCors = async (method: string, headers: Record<string, string>) => {
    const response = await fetch(gateway.url, { method, headers });
    const found = [...response.headers].filter(([name]) => name.startsWith('access-control-'));
    return { status: response.status, ...Object.fromEntries(found) };
  };
  const ASKS = { 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' };

  test.each(cors.allowOrigins)('pages of %s may read an answer', async (origin) => {
    serve(
      answer({ 'Access-Control-Allow-Origin': '*', 'access-control-max-age': '9' }),
      undefined,
      undefined,
      { cors },
    );
    expect(await listCors('GET', { origin })).toEqual({
      status: 200,
      'access-control-allow-origin': origin,
      'access-control-expose-headers': 'location,x-job-progress',
    });
  });

  test.each(['https://b.example', 'https://a.example.org', 'http://a.example', 'null', 'https://A.example'])(
    'pages of %s may not, whatever a function says',
    async (origin) => {
      serve(answer({ 'access-control-allow-origin': '*' }), undefined, undefined, { cors });
      expect(await listCors('GET', { origin })).toEqual({ status: 200 });
      expect(await listCors('OPTIONS', { origin, ...ASKS })).toEqual({ status: 200 });
    },
  );

  test.each([
    [
      'the function of a route that takes it',
      [{ key: '$default', functionId: 'Fn', timeoutMilliseconds: 9_000 }],
      1,
    ],
    [
      'the gateway, where no route takes it',
      [{ key: 'GET /', functionId: 'Fn', timeoutMilliseconds: 9_000 }],
      0,
    ],
  ])('a preflight is answered by %s', async (_, routes, calls) => {
    serve(answer({}, 204), undefined, undefined, { cors, router: new Router(routes) });
    expect(await listCors('OPTIONS', { origin: 'https://a.example', ...ASKS })).toEqual({
      status: 204,
      'access-control-allow-origin': 'https://a.example',
      'access-control-allow-headers': 'authorization',
      'access-control-allow-methods': 'GET,POST',
      'access-control-max-age': '60',
    });
    expect(events).toHaveLength(calls);
  });

  test('without it nothing is added, and a preflight is like any request', async () => {
    serve(answer({ 'access-control-allow-origin': '*' }));
    expect(await listCors('GET', { origin: 'https://a.example' })).toEqual({
      status: 200,
      'access-control-allow-origin': '*',
    });
    serve(undefined, undefined, undefined, { router: new Router([]) });
    expect(await listCors('OPTIONS', { origin: 'https://a.example', ...ASKS })).toEqual({ status: 404 });
  });

  test('an answer of the gateway itself has no such headers', async () => {
    serve(answer({}), undefined, { perSecond: 0.001, burst: 1 }, { cors });
    await fetch(gateway.url);
    expect(await listCors('GET', { origin: 'https://a.example' })).toEqual({ status: 429 });
  });
});

test('headers of 200 KB reach the function', async () => {
  serve();
  const response = await fetch(gateway.url, { headers: { authorization: 'x'.repeat(200_000) } });
  expect(response.status).toBe(200);
  expect(events[0]?.headers['authorization']).toHaveLength(200_000);
});

describe('malformed or incomplete HTTP does no harm:', () => {
  test.each([
    ['garbage', '\u0000\u0001\u0002\r\n\r\n'],
    ['a bad header', 'GET / HTTP/1.1\r\nHost: a\r\nX-\u0001: b\r\n\r\n'],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello'],
    ['a body that breaks off', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\n\r\nhalf'],
    ['a bad chunk', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n'],
    ['headers without end', `GET / HTTP/1.1\r\nX: ${'y'.repeat(300_000)}`],
  ])('%s', async (_name, text) => {
    serve();
    await sendRaw(text);
    expect(events).toEqual([]);
    expect((await fetch(gateway.url)).status).toBe(200);
  });

  test.each([
    ['bytes that are not HTTP', '\u0000\u0001\r\n\r\n', 400, 'Bad Request'],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400, 'Bad Request'],
    ['a request without a host', 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n', 400, 'Bad Request'],
    ['CONNECT', 'CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n', 400, 'Bad Request'],
    [
      'a body that breaks off',
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf',
      400,
      'Bad Request',
    ],
    [
      'headers above the limit',
      `GET / HTTP/1.1\r\nHost: a\r\nX: ${'y'.repeat(300_000)}\r\n\r\n`,
      431,
      'Request Header Fields Too Large',
    ],
    [
      'an unknown expectation',
      'GET / HTTP/1.1\r\nHost: a\r\nExpect: gold\r\nConnection: close\r\n\r\n',
      417,
      'Expectation Failed',
    ],
  ])("%s is refused in the gateway's own form", async (_name, text, status, message) => {
    serve();
    const answer = await sendRaw(text);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer).toMatch(/\r\ncontent-type: application\/json\r\n/);
    expect(answer.split('\r\n\r\n')[1]).toBe(JSON.stringify({ message }));
    expect(events).toEqual([]);
  });

  test.each(['/%', '/%00', '/%ff%fe', '//', '/a/../b', '/?%', '/;', '*', 'http://elsewhere/x?y', '/\u00e4'])(
    'the target %s',
    async (target) => {
      serve();
      const answer = await sendRaw(`GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
      expect(answer).toMatch(/^HTTP\/1\.1 (200|400) /);
      expect((await fetch(gateway.url)).status).toBe(200);
    },
  );

  test('a client that disconnects before the answer', async () => {
    const started = Promise.withResolvers<undefined>();
    const finish = Promise.withResolvers<InvocationResult>();
    serve(() => {
      started.resolve(undefined);
      return finish.promise;
    });
    const gone = new AbortController();
    const request = fetch(gateway.url, { signal: gone.signal });
    await started.promise;
    gone.abort();
    await expect(request).rejects.toThrow();
    finish.resolve(OK);
    expect((await fetch(gateway.url)).status).toBe(200);
  });
});

test("the stack's own routes reach no function and are not logged", async () => {
  serve();
  gateway.serveLocalRoutes('/_local', (method, path) =>
    Promise.resolve(path === 'known' ? { method } : undefined),
  );
  expect(await (await fetch(`${gateway.url}/_local/known`)).json()).toEqual({ method: 'GET' });
  expect((await fetch(`${gateway.url}/_local/other`)).status).toBe(404);
  expect({ events, lines }).toEqual({ events: [], lines: [] });
});

test('closing waits for requests in flight, but only for a limited time', async () => {
  const started = Promise.withResolvers<undefined>();
  const finish = Promise.withResolvers<InvocationResult>();
  serve(() => {
    started.resolve(undefined);
    return finish.promise;
  });
  const request = fetch(gateway.url);
  await started.promise;
  const closed = gateway.close(10_000);
  finish.resolve(OK);
  expect((await request).status).toBe(200);
  await closed;

  gateway = await Gateway.listen(0, () => undefined);
  const stuck = Promise.withResolvers<undefined>();
  serve(() => {
    stuck.resolve(undefined);
    return new Promise(() => undefined);
  });
  const cut = fetch(gateway.url);
  await stuck.promise;
  await Promise.all([gateway.close(10), expect(cut).rejects.toThrow()]);
});
