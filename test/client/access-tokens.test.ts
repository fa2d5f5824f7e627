/** Tests client credentials: when the client fetches a token, and that no error contains the secret. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { RefusedError, UnexpectedAnswerError } from '../../client/client-errors.ts';
import { FieldingJobs } from '../../client/fielding-jobs.ts';
import { makeJsonAnswer } from '../../tools/kit/http-server.ts';
import { makeIds } from '../support/builders.ts';
import { StandIn } from '../support/stand-in.ts';
import { FakeApi, makeRefusal } from './fake-api.ts';
import { type FakeDeps, makeFakeDeps } from './fake-deps.ts';

const SECRET = 's3cret/with:signs+';

interface TokenAnswer {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body: unknown;
}

let api: FakeApi;
let issuer: StandIn;
let answerNth: (n: number) => TokenAnswer;
let deps: FakeDeps;
let client: FieldingJobs;

const makeTokenAnswer = (n: number, expires_in?: number): TokenAnswer => ({
  body: { access_token: `token-${n}`, token_type: 'Bearer', ...(expires_in !== undefined && { expires_in }) },
});

beforeEach(async () => {
  api = await FakeApi.listen();
  answerNth = (n) => makeTokenAnswer(n, 3_600);
  issuer = await new StandIn(() => {
    const { status, headers, body } = answerNth(issuer.requests.length);
    return makeJsonAnswer(body, status, headers);
  }).listen();
  deps = makeFakeDeps();
  client = new FieldingJobs({ baseUrl: api.url, token: makeCredentials(), deps });
});
afterEach(async () => {
  await issuer.close();
  await api.close();
});

function makeCredentials() {
  return {
    tokenUrl: `${issuer.url}/oauth2/token`,
    clientId: 'my client',
    clientSecret: SECRET,
    scope: 'batch-jobs:write batch-jobs:read',
    audience: 'jobs',
  };
}

const makeRequest = (count = 3, maxPerJob = 10_000) => ({
  action: 'pause' as const,
  account: 101,
  project: 'P'.repeat(26),
  ids: makeIds(count),
  maxPerJob,
});

const listTokensUsed = () => api.requests.map(({ headers }) => headers.authorization);

test('the client asks for a token with its credentials in the header, its scope and its audience', async () => {
  await client.create(makeRequest());
  const [first] = issuer.requests;
  expect(Object.fromEntries(new URLSearchParams(first?.body))).toEqual({
    grant_type: 'client_credentials',
    scope: 'batch-jobs:write batch-jobs:read',
    audience: 'jobs',
  });
  const [id = '', secret = ''] = Buffer.from(
    first?.headers.authorization?.slice('Basic '.length) ?? '',
    'base64',
  )
    .toString()
    .split(':')
    .map((part) => decodeURIComponent(part.replaceAll('+', ' ')));
  expect([id, secret]).toEqual(['my client', SECRET]);
  expect(listTokensUsed()).toEqual(['Bearer token-1']);
});

/** Returns the id and the secret as the issuer gets them, without decoding. */
async function readBasic(clientId: string, clientSecret: string): Promise<string> {
  const token = { ...makeCredentials(), clientId, clientSecret };
  await new FieldingJobs({ baseUrl: api.url, token, deps }).create(makeRequest());
  const [, pair = ''] = issuer.requests.at(-1)?.headers.authorization?.split(' ') ?? [];
  return Buffer.from(pair, 'base64').toString();
}

test('characters that read the same to issuers that do not decode are sent as they are', async () => {
  expect(await readBasic('my-client_1.app', '~a-b_c.d!e$f/g=h?i@j k*')).toBe(
    'my-client_1.app:~a-b_c.d!e$f/g=h?i@j k*',
  );
});

test('characters that a decoding issuer would read differently are encoded', async () => {
  expect(await readBasic('https://app', '100%+a&b:é')).toBe('https%3A//app:100%25%2Ba%26b%3A%C3%A9');
});

test('with post, id and secret are sent in the body', async () => {
  const token = { ...makeCredentials(), clientAuth: 'post' as const };
  await new FieldingJobs({ baseUrl: api.url, token, deps }).create(makeRequest());
  const [seen] = issuer.requests;
  expect(seen?.headers.authorization).toBeUndefined();
  expect(Object.fromEntries(new URLSearchParams(seen?.body))).toMatchObject({
    client_id: 'my client',
    client_secret: SECRET,
  });
});

test('a token is requested for each resource (RFC 8707)', async () => {
  const token = { ...makeCredentials(), resource: 'https://api.example/a urn:b' };
  await new FieldingJobs({ baseUrl: api.url, token, deps }).create(makeRequest());
  expect(new URLSearchParams(issuer.requests[0]?.body).getAll('resource')).toEqual([
    'https://api.example/a',
    'urn:b',
  ]);
});

test('requests share one token, also when they are sent at the same time', async () => {
  await client.create(makeRequest(100, 5));
  expect(issuer.requests).toHaveLength(1);
  expect(new Set(listTokensUsed())).toEqual(new Set(['Bearer token-1']));
});

test('a request that is aborted while it waits for a token does not stop the others', async () => {
  const first = new AbortController();
  answerNth = (n) => {
    first.abort(new Error('given up'));
    return makeTokenAnswer(n, 3_600);
  };
  const [given, taken] = await Promise.allSettled([
    client.create(makeRequest(), { signal: first.signal }),
    client.create(makeRequest()),
  ]);
  expect(given).toMatchObject({ status: 'rejected', reason: { message: 'given up' } });
  expect(taken).toMatchObject({ status: 'fulfilled' });
  expect(issuer.requests).toHaveLength(1);
});

test('fetching a token ends when the only request that waits for it is aborted', async () => {
  const stop = new AbortController();
  answerNth = () => {
    stop.abort(new Error('given up'));
    return { status: 503, body: {} };
  };
  await expect(client.create(makeRequest(), { signal: stop.signal })).rejects.toThrow('given up');
  answerNth = (n) => makeTokenAnswer(n, 3_600);
  await client.create(makeRequest());
  expect(issuer.requests).toHaveLength(2);
});

test('a new token is fetched shortly before the old one expires', async () => {
  await client.create(makeRequest());
  deps.advance(3_539_000);
  await client.create(makeRequest());
  expect(issuer.requests).toHaveLength(1);
  deps.advance(2_000);
  await client.create(makeRequest());
  expect(issuer.requests).toHaveLength(2);
  expect(listTokensUsed().at(-1)).toBe('Bearer token-2');
});

test('a token without an expiry time stays in use', async () => {
  answerNth = (n) => makeTokenAnswer(n);
  await client.create(makeRequest());
  deps.advance(1e9);
  await client.create(makeRequest());
  expect(issuer.requests).toHaveLength(1);
});

test('after a 401 a request is sent once more, with a new token', async () => {
  api.faultFor = ({ headers }) =>
    headers.authorization === 'Bearer token-1' ? makeRefusal(401, 'authorization_error') : undefined;
  await client.create(makeRequest());
  expect(listTokensUsed()).toEqual(['Bearer token-1', 'Bearer token-2']);
  await client.create(makeRequest());
  expect(issuer.requests).toHaveLength(2);
});

test('a second 401, with a new token, is final', async () => {
  api.faultFor = () => makeRefusal(401, 'authorization_error');
  await expect(client.create(makeRequest())).rejects.toMatchObject({ status: 401 });
  expect(api.requests).toHaveLength(2);
  expect(issuer.requests).toHaveLength(2);
});

test('fetching a token is repeated after a temporary error', async () => {
  answerNth = (n) => (n < 3 ? { status: n === 1 ? 503 : 429, body: {} } : makeTokenAnswer(n));
  await client.create(makeRequest());
  expect(issuer.requests).toHaveLength(3);
  expect(listTokensUsed()).toEqual(['Bearer token-3']);
});

test('fields of the answer that are not used may be null or lists', async () => {
  const token = { access_token: 'token-1', token_type: 'Bearer', expires_in: null };
  answerNth = () => ({ body: { ...token, scope: ['a'], refresh_token: null, id_token: null } });
  await client.create(makeRequest());
  expect(listTokensUsed()).toEqual(['Bearer token-1']);
});

describe('an answer without a valid token', () => {
  test.each<[string, TokenAnswer, string]>([
    [
      'a refusal',
      {
        status: 401,
        headers: { 'www-authenticate': 'Basic' },
        body: { error: 'invalid_client', error_description: SECRET },
      },
      'refused with 401: invalid_client',
    ],
    ['a refusal of another form', { status: 403, body: 'no' }, 'refused with 403: no reason given'],
    ['a body that is not an object', { body: SECRET }, 'the answer holds no bearer token'],
    [
      'a token of another type',
      { body: { access_token: SECRET, token_type: 'mac' } },
      'the answer holds no bearer token',
    ],
    [
      'a malformed token',
      { body: { access_token: `${SECRET} x`, token_type: 'bearer' } },
      'the answer holds no bearer token',
    ],
    ['a redirect', { status: 302, headers: { location: '/' }, body: {} }, 'answered 302, expected 200'],
  ])('%s is final, and its error does not contain the secret', async (_, answer, message) => {
    answerNth = () => answer;
    const error = await client.create(makeRequest()).then(
      () => undefined,
      (thrown: unknown) => thrown as Error,
    );
    expect(error).toBeInstanceOf(
      answer.status === 401 || answer.status === 403 ? RefusedError : UnexpectedAnswerError,
    );
    expect(error?.message).toContain(message);
    expect(`${error?.message ?? ''}${String(error?.cause)}`).not.toContain(SECRET);
    expect(issuer.requests).toHaveLength(1);
    expect(api.requests).toEqual([]);
  });
});

test.each([
  [
    { tokenUrl: 'http://issuer.example/token' },
    'token URL: found "http://issuer.example/token", expected https',
  ],
  [{ tokenUrl: 'issuer' }, 'token URL: found "issuer", expected a URL'],
  [{ clientId: '' }, 'client id: found nothing'],
  [{ clientSecret: '' }, 'client secret: found nothing'],
  [{ resource: 'api' }, 'resource: found "api", expected a URI'],
  [{ resource: 'https://api.example/#a' }, 'without #'],
])('credentials with %j are refused', (change, message) => {
  expect(() => new FieldingJobs({ baseUrl: api.url, token: { ...makeCredentials(), ...change } })).toThrow(
    message,
  );
});
