/** Tests the answers value by value: each error's status and words, each field of a fielding run. */
import { describe, expect, test } from '@jest/globals';
import { SignJWT, createLocalJWKSet, exportJWK, generateKeyPair } from 'jose';
import * as errors from '../../src/domain/errors.ts';
import { MAX_ACCOUNT_ID } from '../../src/domain/ids.ts';
import type { Scope } from '../../api/scopes.ts';
import { makeAuthenticator, authorize } from '../../src/http/auth.ts';
import { parseCreateRequest } from '../../src/http/create-request.ts';
import { readExamples } from '../../api/openapi/examples.ts';
import { makeComponentResponses } from '../../api/openapi/responses.ts';
import { makeErrorResponse } from '../../src/http/error-response.ts';
import { makeFault } from '../../src/http/invalid-param.ts';
import { makeFieldingRunsResponse } from '../../src/http/fielding-run-view.ts';
import { CREATOR, aTargetGroup } from '../support/builders.ts';
import { makeRules } from '../support/token-rules.ts';

const thrownBy = (call: () => unknown): unknown => {
  try {
    return call();
  } catch (error) {
    return error;
  }
};

describe('an error is answered with its status and its words', () => {
  const internal = [
    500,
    'Something went wrong on our side. Repeat the request with the same idempotency key.',
  ];
  const answers = {
    IdempotencyKeyReusedError: [400, 'The idempotency key was used before, with another request body.'],
    UnauthenticatedError: [401, 'The request needs a valid bearer token.'],
    ForbiddenError: [403, 'The token does not permit this.'],
    ProjectNotFoundError: [404, 'The account has no such project.'],
    JobNotFoundError: [404, 'The project has no such job.'],
    TargetGroupNotFoundError: [404, 'The project has no such target group.'],
    RouteNotFoundError: [404, 'There is nothing at this address.'],
    UnsupportedEncodingError: [
      415,
      'The body must be sent as it is, without gzip or any other content encoding.',
    ],
    InconsistentStoreError: internal,
    UnknownFormatError: internal,
    EnqueueFailedError: internal,
    UnparsableMessageError: internal,
    ChunkTakenError: internal,
    TargetGroupChangedError: internal,
    UncertainWriteError: internal,
    ThrottledError: internal,
    ChunkUnfinishedError: internal,
  } as const;

  function makeError(name: keyof typeof answers): Error {
    if (name === 'ChunkTakenError') return new errors.ChunkTakenError('m', 0, {});
    return name === 'EnqueueFailedError' ? new errors.EnqueueFailedError(1, 1) : new errors[name]('m');
  }

  test.each(Object.entries(answers))('%s', (name, [status, detail]) => {
    const { statusCode, headers, body } = makeErrorResponse(makeError(name as keyof typeof answers), 'id');
    expect(statusCode).toBe(status);
    expect(JSON.parse(body ?? '')).toMatchObject({ id: 'id', detail });
    expect(headers?.['content-type']).toBe('application/json');
    expect(headers?.['www-authenticate']).toBe(status === 401 ? 'Bearer' : undefined);
    expect(headers).not.toHaveProperty('retry-after');
    expect(headers?.['accept-encoding']).toBe(status === 415 ? 'identity' : undefined);
  });

  test('InvalidRequestError, with its faults', () => {
    const faults = [{ name: 'body', reason: 'bad' }];
    const { statusCode, body } = makeErrorResponse(new errors.InvalidRequestError(faults), 'id');
    expect(statusCode).toBe(400);
    expect(JSON.parse(body ?? '')).toMatchObject({
      detail: 'The request is not valid; see invalid_params.',
      invalid_params: faults,
    });
  });

  test.each([
    {
      error: (range: errors.RetryAfter) => new errors.TooManyRequestsError(range),
      component: 'TooManyRequests',
    },
    {
      error: (range: errors.RetryAfter) => new errors.ServiceUnavailableError('open-work', range),
      component: 'ServiceUnavailable',
    },
  ])('$component, as described, with a random Retry-After of its range', ({ error, component }) => {
    const described = makeComponentResponses(readExamples())[component] as {
      content: { 'application/json': { example: object } };
    };
    for (const [drawn, seconds] of [
      [0, '10'],
      [0.5, '20'],
      [0.999_999, '30'],
    ] as const) {
      const answer = makeErrorResponse(error({ shortest: 10, longest: 30 }), 'id', () => drawn);
      expect(answer.statusCode).toBe(component === 'TooManyRequests' ? 429 : 503);
      expect(answer.headers).toMatchObject({ 'retry-after': seconds });
      const { example } = described.content['application/json'];
      expect(JSON.parse(answer.body ?? '')).toEqual({ ...example, id: 'id' });
    }
  });

  test('one that nobody knows', () => {
    expect(makeErrorResponse(new TypeError('bug'), 'id').statusCode).toBe(500);
  });
});

test('a fielding run is answered with all of its fields', () => {
  const group = aTargetGroup();
  const { statusCode, body } = makeFieldingRunsResponse(group);
  expect(statusCode).toBe(200);
  expect(JSON.parse(body ?? '')).toEqual({
    data: [
      {
        id: group.fieldingRunId,
        status: group.status,
        start_fielding_at: group.startFieldingAt,
        end_fielding_at: group.endFieldingAt,
        version: group.version,
        last_changed_at: group.lastChangedAt,
        last_changed_by: group.lastChangedBy,
      },
    ],
    has_more: false,
  });
});

test('a long text is quoted by its first 60 characters, a short one whole', () => {
  const text = Array.from({ length: 61 }, (_, index) => String.fromCharCode(48 + index)).join('');
  expect(makeFault('a', 'b', text).reason).toBe(
    `expected b, found ${JSON.stringify(text.slice(0, 60))}... of 61 characters`,
  );
  expect(makeFault('a', 'b', text.slice(1)).reason).toBe(
    `expected b, found ${JSON.stringify(text.slice(1))}`,
  );
});

describe('a create request', () => {
  const request = (body: Parameters<typeof parseCreateRequest>[0]['body']) => ({
    routeKey: '',
    path: {},
    headers: { 'idempotency-key': 'key' },
    body,
  });

  test('whose body is no text has that fault and no other', () => {
    const notText = { name: 'body', reason: 'expected text in UTF-8, found other bytes' };
    expect(thrownBy(() => parseCreateRequest(request(notText), 1))).toMatchObject({ faults: [notText] });
  });

  test('is read no further than its hundredth fault', () => {
    let read = 0;
    const ids = Array.from({ length: 200 }, () => 1);
    const counting = new Proxy(ids, {
      get(target, key) {
        if (typeof key === 'string' && /^\d+$/.test(key)) read += 1;
        return Reflect.get(target, key) as unknown;
      },
    });
    const parse = JSON.parse.bind(JSON);
    JSON.parse = () => ({ target_group_ids: counting }) as unknown;
    const error = thrownBy(() => parseCreateRequest(request('{}'), 1));
    JSON.parse = parse;
    expect((error as errors.InvalidRequestError).faults).toHaveLength(read);
  });
});

describe('a token', () => {
  const RULES = makeRules({ accountsClaim: 'accounts' });

  async function authenticateWith(alg: string, claims: Record<string, unknown> = {}) {
    const { privateKey, publicKey } = await generateKeyPair(alg);
    const keys = createLocalJWKSet({ keys: [{ ...(await exportJWK(publicKey)), kid: 'k', alg }] });
    const token = await new SignJWT({ accounts: [1], scope: 'batch-jobs:read', ...claims })
      .setProtectedHeader({ alg, kid: 'k' })
      .setIssuer(RULES.issuer)
      .setAudience('jobs')
      .setSubject(CREATOR)
      .setExpirationTime('5 minutes')
      .sign(privateKey);
    return makeAuthenticator(RULES, keys)(`Bearer ${token}`);
  }

  test.each([
    ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512'],
    ...['EdDSA', 'Ed25519'],
  ])('may be signed with %s', async (alg) => {
    expect(await authenticateWith(alg)).toEqual({
      userId: CREATOR,
      accounts: new Set([1]),
      scopes: new Set(['batch-jobs:read']),
      found: 'accounts claim: a list of 1 number; scopes claim scope: a text',
    });
  });

  test('covers accounts from 1 to the largest', async () => {
    const { accounts } = await authenticateWith('ES256', {
      accounts: [0, 1, MAX_ACCOUNT_ID, MAX_ACCOUNT_ID + 1],
    });
    expect([...accounts]).toEqual([1, MAX_ACCOUNT_ID]);
  });

  test('that is missing is told from one that is malformed, in the log', async () => {
    const authenticate = makeAuthenticator(RULES, () => Promise.reject(new Error('x'.repeat(300))));
    await expect(authenticate(undefined)).rejects.toMatchObject({
      evidence: { reason: 'no authorization header' },
    });
    await expect(authenticate('Basic x')).rejects.toMatchObject({
      evidence: { reason: 'not one bearer token' },
    });
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = { iss: RULES.issuer, aud: 'jobs', sub: 's', exp: 4_000_000_000 };
    await expect(
      authenticate(`Bearer ${encode({ alg: 'RS256' })}.${encode(claims)}.AA`),
    ).rejects.toMatchObject({
      evidence: { reason: `Error: ${'x'.repeat(193)}` },
    });
  });

  test('that does not permit a call is logged with its user, what it lacks and what its claims are', () => {
    const found = 'accounts claim: a number';
    const caller = { userId: CREATOR, accounts: new Set([1]), scopes: new Set<Scope>(), found };
    expect(
      thrownBy(() => {
        authorize(caller, 2, 'getJob');
      }),
    ).toMatchObject({
      evidence: { accountId: 2, userId: CREATOR, found },
    });
    expect(
      thrownBy(() => {
        authorize(caller, 1, 'getJob');
      }),
    ).toMatchObject({
      evidence: { scope: 'batch-jobs:read', userId: CREATOR, found },
    });
  });
});
