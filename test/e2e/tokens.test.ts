/** Tests attacks with tokens on every route of the running local stack: all get the same refusal (ADR 9). */
import { generateKeyPairSync, constants, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CompactEncrypt } from 'jose';
import type { ErrorBody } from '../../api/answers.ts';
import { makeCollectionPath, makeFieldingRunsPath } from '../../api/paths.ts';
import { makeJsonAnswer } from '../../tools/kit/http-server.ts';
import { AUDIENCE, ISSUER } from '../../tools/local/issuer.ts';
import type { Tenant } from '../../src/domain/ids.ts';
import { anId } from '../support/builders.ts';
import { requireConformance } from '../rigs/conformance/check-exchange.ts';
import { type Answer, Client, readLocation } from '../support/api-client.ts';
import { aProject, readE2eStack, readLogLines } from '../support/e2e.ts';
import {
  type LocalKey,
  encodeBase64url,
  forgeToken,
  makeGoodClaims,
  makeHs256Signer,
  computeEpochSeconds,
  readLocalKey,
  makeRs256Signer,
  leaveUnsigned,
} from '../support/forge-token.ts';
import { TestIssuer } from '../support/test-issuer.ts';
import { waitUntil } from '../support/wait-until.ts';

const stack = readE2eStack();
const attackerKey = generateKeyPairSync('rsa', { modulusLength: 2048 });
const attackerJwk = attackerKey.publicKey.export({ format: 'jwk' });

let key: LocalKey;
let attacker: TestIssuer;
let tenant: Tenant;
let routes: { method: string; path: string }[];

beforeAll(async () => {
  key = await readLocalKey();
  attacker = await TestIssuer.start();
  const project = await aProject(stack, [{}]);
  tenant = project.tenant;
  const client = await Client.signIn(stack.url);
  const location = readLocation(await client.create(tenant, project.ids));
  const collection = makeCollectionPath(tenant, 'resume');
  routes = [
    { method: 'POST', path: collection },
    { method: 'GET', path: location },
    { method: 'GET', path: `/v1${collection}/${location.split('/').at(-1) ?? ''}` },
    { method: 'GET', path: makeFieldingRunsPath(tenant, project.ids[0] ?? '') },
  ];
});
afterAll(() => attacker.stop());

/** Sends a request with the given `authorization` headers, unchanged; there may be none or several. */
async function send(
  { method, path }: { method: string; path: string },
  authorizations: readonly string[],
): Promise<Answer> {
  const common = { 'content-type': 'application/json', 'idempotency-key': anId('K') };
  const headers = [
    ...['host', new URL(stack.url).host],
    ...Object.entries(common).flat(),
    ...authorizations.flatMap((value) => ['authorization', value]),
  ];
  const body = method === 'POST' ? JSON.stringify({ target_group_ids: [anId()] }) : undefined;
  const answer = await new Promise<Answer>((resolve, reject) => {
    const request = httpRequest(stack.url + path, { method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const { statusCode = 0, headers: answered } = response;
        const text = Buffer.concat(chunks).toString();
        resolve({ status: statusCode, headers: new Headers(answered as Record<string, string>), text });
      });
    });
    request.on('error', reject);
    request.end(body);
  });
  const [authorization = '', ...more] = authorizations;
  const described = more.length > 0 ? undefined : { ...common, authorization };
  requireConformance(stack.url, {
    method,
    path,
    headers: described,
    body,
    answer: { ...answer, headers: new Map(answer.headers) },
  });
  return answer;
}

/** Checks that every route answers with the status and with the one body that belongs to it. */
async function expectAll(status: 401 | 403, ...authorizations: string[]): Promise<void> {
  const detail =
    status === 401 ? 'The request needs a valid bearer token.' : 'The token does not permit this.';
  for (const answer of await Promise.all(routes.map((route) => send(route, authorizations)))) {
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(answer.headers.get('traceparent')).toMatch(/^00-/);
    expect(answer.headers.get('www-authenticate')).toBe(status === 401 ? 'Bearer' : null);
    expect(JSON.parse(answer.text)).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      object: 'authorization_error',
      detail,
    });
  }
}

async function expectAccepted(...authorizations: string[]): Promise<void> {
  const answers = await Promise.all(routes.map((route) => send(route, authorizations)));
  expect(answers.map(({ status }) => status)).toEqual([201, 200, 200, 200]);
}

const makeHeader = () => ({ alg: 'RS256', kid: key.kid, typ: 'JWT' });

/** Returns a token of the local issuer with changed claims and header. */
const issueToken = (claims: Record<string, unknown> = {}, header: Record<string, unknown> = {}) =>
  forgeToken({ ...makeHeader(), ...header }, makeGoodClaims(claims), makeRs256Signer(key.privateKey));

/** Returns a token that looks valid but has the attacker's signature. */
const forgeByAttacker = (header: Record<string, unknown> = {}) =>
  forgeToken({ ...makeHeader(), ...header }, makeGoodClaims(), makeRs256Signer(attackerKey.privateKey));

const splitToken = (token: string) => token.split('.') as [string, string, string];

/** Returns a valid token whose signature differs between base64 and base64url. */
function issueTokenWithBothAlphabets(): string {
  for (let jti = 0; ; jti += 1) {
    const token = issueToken({ jti });
    if (/[-_]/.test(splitToken(token)[2])) return token;
  }
}

const exportPublicKey = (format: 'pem' | 'der', type: 'spki' | 'pkcs1') =>
  format === 'pem' ? key.publicKey.export({ format, type }) : key.publicKey.export({ format, type });

/** Changes an unused bit in the last character of the signature, which still decodes to the same bytes. */
function changeUnusedBits(token: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const last = alphabet.indexOf(token.slice(-1));
  return token.slice(0, -1) + (alphabet[last ^ 1] ?? '');
}

test('a valid token is accepted on every route', async () => {
  await expectAccepted(`Bearer ${issueToken()}`);
  await expectAccepted(`Bearer ${issueToken({ aud: ['others', AUDIENCE], nbf: computeEpochSeconds(-60) })}`);
  await expectAccepted(`Bearer ${issueToken({}, { typ: undefined })}`);
});

describe('the header authorization', () => {
  test.each<[string, (token: string) => string]>([
    ['in lower case', (token) => `bearer ${token}`],
    ['in upper case', (token) => `BEARER ${token}`],
    ['with two spaces, which RFC 9110 allows', (token) => `Bearer  ${token}`],
  ])('may have its scheme %s', async (_name, value) => {
    await expectAccepted(value(issueToken()));
  });

  test.each<[string, (token: string) => string]>([
    ['nothing in it', () => ''],
    ['a token without a scheme', (token) => token],
    ['a scheme without a token', () => 'Bearer'],
    ['a scheme and a space', () => 'Bearer '],
    ['a scheme and a tab', (token) => `Bearer\t${token}`],
    ['a scheme, a space and a tab', (token) => `Bearer \t${token}`],
    ['no space', (token) => `Bearer${token}`],
    ['a colon', (token) => `Bearer: ${token}`],
    ['an equals sign', (token) => `Bearer=${token}`],
    ['Basic', () => `Basic ${Buffer.from('user:password').toString('base64')}`],
    ['Basic with a token', (token) => `Basic ${token}`],
    ['Token', (token) => `Token ${token}`],
    ['JWT', (token) => `JWT ${token}`],
    ['DPoP', (token) => `DPoP ${token}`],
    ['the scheme twice', (token) => `Bearer Bearer ${token}`],
    ['quotes', (token) => `Bearer "${token}"`],
    ['a parameter', (token) => `Bearer token=${token}`],
    ['a token and more', (token) => `Bearer ${token} x`],
    ['two tokens', (token) => `Bearer ${token} ${token}`],
    ['two tokens and a comma', (token) => `Bearer ${token}, Bearer ${token}`],
    ['a comma at its end', (token) => `Bearer ${token},`],
    ['a letter that looks like another', (token) => `B\u00e9arer ${token}`],
    ['a no-break space', (token) => `Bearer\u00a0${token}`],
  ])('with %s is refused', async (_name, value) => {
    await expectAll(401, value(issueToken()));
  });

  test('is refused when it is missing or repeated', async () => {
    const good = `Bearer ${issueToken()}`;
    await expectAll(401);
    await expectAll(401, good, good);
    await expectAll(401, good, `Bearer ${forgeByAttacker()}`);
    await expectAll(401, `Bearer ${forgeByAttacker()}`, good);
    await expectAll(401, 'Basic eDp5', good);
    await expectAll(401, good, '');
  });

  test('is the only place where a token is accepted', async () => {
    const token = issueToken();
    for (const { method, path } of routes) {
      const answer = await send({ method, path: `${path}?access_token=${token}&authorization=${token}` }, []);
      expect(answer.status).toBe(401);
    }
  });
});

describe('a signature', () => {
  test.each(['none', 'None', 'NONE', 'nOnE', 'none ', '', 'RS256 ', 'rs256', 'HS256', 'RS0', 'dir'])(
    'with the algorithm %j is refused, whether it is empty or not',
    async (alg) => {
      await expectAll(401, `Bearer ${forgeToken({ ...makeHeader(), alg }, makeGoodClaims(), leaveUnsigned)}`);
      await expectAll(401, `Bearer ${forgeToken({ alg }, makeGoodClaims(), leaveUnsigned)}`);
      await expectAll(401, `Bearer ${issueToken({}, { alg })}`);
    },
  );

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a list', ['RS256']],
    ['a list with none', ['none', 'RS256']],
    ['an object', { RS256: true }],
    ['a number', 256],
    ['true', true],
  ])('with %s as its algorithm is refused', async (_name, alg) => {
    await expectAll(401, `Bearer ${issueToken({}, { alg })}`);
  });

  test.each<[string, () => string | Buffer]>([
    ['PEM', () => exportPublicKey('pem', 'spki')],
    ['PEM without its last line break', () => exportPublicKey('pem', 'spki').toString().trim()],
    ['PEM of PKCS #1', () => exportPublicKey('pem', 'pkcs1')],
    ['DER', () => exportPublicKey('der', 'spki')],
    ['JWK', () => JSON.stringify(key.publicKey.export({ format: 'jwk' }))],
    ['modulus', () => Buffer.from(key.publicKey.export({ format: 'jwk' }).n ?? '', 'base64url')],
    ['nothing', () => ''],
  ])('of HS256 with the public key as secret (%s) is refused', async (_name, secret) => {
    for (const header of [{ ...makeHeader(), alg: 'HS256' }, { alg: 'HS256' }, makeHeader()]) {
      await expectAll(401, `Bearer ${forgeToken(header, makeGoodClaims(), makeHs256Signer(secret()))}`);
    }
  });

  test('of another key under the same key id is refused', async () => {
    await expectAll(401, `Bearer ${forgeByAttacker()}`);
    await expectAll(401, `Bearer ${forgeByAttacker({ kid: undefined })}`);
  });

  test("of another issuer's token is refused", async () => {
    const theirs = makeGoodClaims({ iss: 'https://issuer.other.test/' });
    await expectAll(
      401,
      `Bearer ${forgeToken(makeHeader(), theirs, makeRs256Signer(attackerKey.privateKey))}`,
    );
    await expectAll(401, `Bearer ${issueToken({ iss: 'https://issuer.other.test/' })}`);
  });

  test('of an algorithm other than that of the key is refused', async () => {
    const padding = constants.RSA_PKCS1_PSS_PADDING;
    const pss = (hash: string, saltLength: number) => (signed: string) =>
      sign(hash, Buffer.from(signed), { key: key.privateKey, padding, saltLength });
    const rs512 = (signed: string) => sign('RSA-SHA512', Buffer.from(signed), key.privateKey);
    await expectAll(
      401,
      `Bearer ${forgeToken({ ...makeHeader(), alg: 'PS256' }, makeGoodClaims(), pss('sha256', 32))}`,
    );
    await expectAll(401, `Bearer ${forgeToken(makeHeader(), makeGoodClaims(), pss('sha256', 32))}`);
    await expectAll(401, `Bearer ${forgeToken({ ...makeHeader(), alg: 'RS512' }, makeGoodClaims(), rs512)}`);
    await expectAll(401, `Bearer ${forgeToken(makeHeader(), makeGoodClaims(), rs512)}`);
    for (const alg of ['ES256', 'EdDSA', 'ES512']) {
      await expectAll(
        401,
        `Bearer ${forgeToken({ ...makeHeader(), alg }, makeGoodClaims(), () => Buffer.alloc(64))}`,
      );
    }
  });

  test('of another token, or of arbitrary bytes, is refused', async () => {
    const [header, payload] = splitToken(issueToken());
    const other = splitToken(issueToken({ jti: 'other' }))[2];
    for (const signature of [
      other,
      encodeBase64url(Buffer.alloc(256)),
      encodeBase64url(Buffer.alloc(256, 0xff)),
      'AA',
    ]) {
      await expectAll(401, `Bearer ${header}.${payload}.${signature}`);
    }
    const grown = encodeBase64url(JSON.stringify(makeGoodClaims({ account_ids: [101, 102] })));
    await expectAll(401, `Bearer ${header}.${grown}.${splitToken(issueToken())[2]}`);
  });
});

describe('the key of a token', () => {
  test.each([
    'unknown',
    '',
    '../../../../../../dev/null',
    '/dev/null',
    'file:///proc/self/environ',
    "x' UNION SELECT 'key",
    '__proto__',
    'constructor',
    '*',
  ])('is not found under the key id %j', async (kid) => {
    await expectAll(401, `Bearer ${forgeByAttacker({ kid })}`);
    await expectAll(
      401,
      `Bearer ${forgeToken({ alg: 'HS256', kid }, makeGoodClaims(), makeHs256Signer(''))}`,
    );
  });

  test.each<[string, unknown]>([
    ['null', null],
    ['a number', 0],
    ['a list', ['k']],
    ['an object', { toString: 'k' }],
    ['very long', 'k'.repeat(5_000)],
  ])('is not found under a key id that is %s', async (_name, kid) => {
    await expectAll(401, `Bearer ${forgeByAttacker({ kid })}`);
  });

  test('never comes from the token, and no URL in the token is fetched', async () => {
    attacker.answer = () =>
      makeJsonAnswer({ keys: [{ ...attackerJwk, kid: key.kid, alg: 'RS256', use: 'sig' }] });
    const certificate = attackerKey.publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
    const { url } = attacker;
    const headers: Record<string, unknown>[] = [
      { jku: url },
      { jku: url, kid: url },
      { x5u: url },
      { kid: url },
      { jku: [url] },
      { iss: url, jwks_uri: url },
      { jwk: { ...attackerJwk, kid: key.kid } },
      { jwk: { ...attackerJwk, kid: key.kid, alg: 'RS256' }, kid: undefined },
      { x5c: [certificate] },
      { x5t: encodeBase64url('x'), x5c: [certificate] },
      { jku: url, x5u: url, jwk: attackerJwk, x5c: [certificate], kid: 'attacker' },
    ];
    for (const header of headers) await expectAll(401, `Bearer ${forgeByAttacker(header)}`);
    const claiming = makeGoodClaims({ iss: new URL(url).origin, jku: url, jwks_uri: url });
    await expectAll(
      401,
      `Bearer ${forgeToken({ ...makeHeader(), jku: url }, claiming, makeRs256Signer(attackerKey.privateKey))}`,
    );
    expect(attacker.requestCount).toBe(0);
  });

  test('stays the same when a valid token has such headers', async () => {
    await expectAccepted(
      `Bearer ${issueToken({}, { jku: attacker.url, x5u: attacker.url, jwk: attackerJwk })}`,
    );
    expect(attacker.requestCount).toBe(0);
  });
});

describe('critical extensions', () => {
  test.each<[string, Record<string, unknown>]>([
    ['an unknown one', { crit: ['http://example.com/x'], 'http://example.com/x': true }],
    ['one that is not in the header', { crit: ['x'] }],
    ['none', { crit: [] }],
    ['a text', { crit: 'exp' }],
    ['a known field', { crit: ['alg'] }],
    ['an unencoded payload', { crit: ['b64'], b64: false }],
  ])('with %s are refused', async (_name, header) => {
    await expectAll(401, `Bearer ${issueToken({}, header)}`);
  });
});

describe('the claim', () => {
  const BAD: Record<string, unknown[]> = {
    iss: [
      undefined,
      null,
      '',
      1,
      [ISSUER],
      { iss: ISSUER },
      `${ISSUER}/`,
      ISSUER.toUpperCase(),
      ` ${ISSUER}`,
    ],
    aud: [
      ...[undefined, null, '', [], {}, 1, true, 'others', ['others'], [[AUDIENCE]], { 0: AUDIENCE }],
      ...[AUDIENCE.slice(0, -1), `${AUDIENCE} `, `${AUDIENCE},others`, AUDIENCE.toUpperCase()],
    ],
    exp: [undefined, null, 0, -1, '', '99999999999', [99999999999], {}, true],
    nbf: ['', '0', [], {}, true, null],
    sub: [undefined, null, '', 1, true, [], ['x'], { sub: 'x' }],
  };

  test.each(Object.keys(BAD))('%s is refused when its value or type is wrong', async (name) => {
    for (const value of BAD[name] ?? []) await expectAll(401, `Bearer ${issueToken({ [name]: value })}`);
  });

  test('exp is refused in the past, and nbf in the future', async () => {
    await expectAll(401, `Bearer ${issueToken({ exp: computeEpochSeconds(-61) })}`);
    await expectAll(401, `Bearer ${issueToken({ exp: computeEpochSeconds(-86_400) })}`);
    await expectAll(401, `Bearer ${issueToken({ nbf: computeEpochSeconds(90) })}`);
  });

  test.each<[string, string | Buffer]>([
    ['no JSON', 'x'],
    ['nothing', ''],
    ['null', 'null'],
    ['a list', '[]'],
    ['a text', '"x"'],
    ['a deep nesting', '['.repeat(3_000)],
    ['no UTF-8', Buffer.concat([Buffer.from([0xff]), Buffer.from(JSON.stringify(makeGoodClaims()))])],
  ])('set is refused when it is %s', async (_name, payload) => {
    await expectAll(401, `Bearer ${forgeToken(makeHeader(), payload, makeRs256Signer(key.privateKey))}`);
  });
});

describe('a token', () => {
  test('that is truncated is refused', async () => {
    const token = issueToken();
    const [header, payload, signature] = splitToken(token);
    const truncated = [
      ...[token.slice(0, -1), token.slice(0, -10), token.slice(0, token.length / 2), token.slice(1)],
      ...[header, `${header}.`, `${header}.${payload}`, `${header}.${payload}.`, `${header}..${signature}`],
      ...[`.${payload}.${signature}`, '..', '.', `${payload}.${signature}`, `${header}.${signature}`],
    ];
    for (const each of truncated) await expectAll(401, `Bearer ${each}`);
  });

  test('in another encoding is refused, even with the same content', async () => {
    const token = issueTokenWithBothAlphabets();
    await expectAccepted(`Bearer ${token}`);
    const [header, payload, signature] = splitToken(token);
    const bytes = Buffer.from(signature, 'base64url');
    const signatures = [
      ...[`${signature}=`, `${signature}==`, `${signature}%3D%3D`, `${signature}A`, `${signature}AAAA`],
      ...[changeUnusedBits(signature), bytes.toString('base64'), bytes.toString('base64').replace(/=+$/, '')],
      ...[bytes.toString('hex'), signature.toLowerCase(), `A${signature}`, encodeBase64url(signature)],
      ...[encodeBase64url(Buffer.concat([Buffer.alloc(1), bytes])), `${signature}.`, `.${signature}`],
      ...[
        `${signature.slice(0, 9)}!${signature.slice(9)}`,
        `${signature.slice(0, 9)}*`,
        `${signature}\u00e9`,
      ],
    ];
    for (const each of signatures) await expectAll(401, `Bearer ${header}.${payload}.${each}`);
    await expectAll(401, `Bearer ${header}=.${payload}.${signature}`);
    await expectAll(401, `Bearer ${header}.${payload}=.${signature}`);
    await expectAll(401, `Bearer ${header}%2E${payload}%2E${signature}`);
    await expectAll(401, `Bearer ${encodeBase64url(token)}`);
    await expectAll(401, `Bearer ${token}.${signature}`);
    await expectAll(
      401,
      `Bearer ${encodeBase64url(JSON.stringify({ payload, protected: header, signature }))}`,
    );
  });

  test('of 100 KB is refused, whether it is garbage or signed', async () => {
    await expectAll(401, `Bearer ${'a'.repeat(100_000)}`);
    await expectAll(401, `Bearer ${'a.'.repeat(50_000)}`);
    await expectAll(401, `Bearer ${'.'.repeat(100_000)}`);
    await expectAll(401, `${' '.repeat(100_000)}x`);
    await expectAll(401, `Bearer${' '.repeat(100_000)}`);
    await expectAll(401, `Bearer ${issueToken({ padding: 'x'.repeat(75_000) })}`);
    const accounts = Array.from({ length: 20_000 }, (_, i) => i + 1);
    await expectAll(401, `Bearer ${issueToken({ account_ids: accounts })}`);
    await expectAll(401, `Bearer ${forgeByAttacker({ kid: 'k'.repeat(75_000) })}`);
  });

  test('that is encrypted is refused', async () => {
    const encrypted = await new CompactEncrypt(Buffer.from(issueToken()))
      .setProtectedHeader({ alg: 'RSA-OAEP-256', enc: 'A256GCM', kid: key.kid, cty: 'JWT' })
      .encrypt(key.publicKey);
    await expectAll(401, `Bearer ${encrypted}`);
    const direct = await new CompactEncrypt(Buffer.from(JSON.stringify(makeGoodClaims())))
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
      .encrypt(Buffer.alloc(32));
    await expectAll(401, `Bearer ${direct}`);
    await expectAll(401, `Bearer ${splitToken(issueToken()).join('..')}`);
  });

  test('inside another signed token is refused', async () => {
    const nested = forgeToken({ ...makeHeader(), cty: 'JWT' }, issueToken(), makeRs256Signer(key.privateKey));
    await expectAll(401, `Bearer ${nested}`);
  });
});

describe('claims of odd types', () => {
  test.each<[string, string]>([
    ['nothing', 'null'],
    ['a text that says more', '"101; DROP"'],
    ['a text with a list', '"[101]"'],
    ['a text of one account out of bounds', '"101 2147483648"'],
    ['a text with a gap', '"101,,102"'],
    ['texts that nearly name it', '["0101", "101.0", "1.01e2", "+101", " 101", "101 ", "-101", "0x65"]'],
    ['a text of several in a list', '["101 102", "101,102"]'],
    ['a number out of bounds', '4294967397'],
    ['a nested list', '[[101]]'],
    ['a nested list of texts', '[["101"]]'],
    ['an object', '{"0":101,"length":1}'],
    ['an empty list', '[]'],
    ['fractions', '[101.5, 100.999, 1.01e1]'],
    ['negative numbers', '[-101, -0]'],
    ['other numbers', '[1e2, 1e101, 1e999, 4294967397, 102]'],
    ['a wildcard', '["*", null, true, {}, "all"]'],
    ['a large list', JSON.stringify(Array.from({ length: 1_000 }, (_, i) => i + 102))],
    ['a prototype', '{"__proto__":[101]}'],
  ])('permit no account: %s', async (_name, accounts) => {
    const claims = JSON.stringify(makeGoodClaims({ account_ids: undefined }));
    const payload = `${claims.slice(0, -1)},"account_ids":${accounts},"__proto__":{"account_ids":[101]}}`;
    await expectAll(403, `Bearer ${forgeToken(makeHeader(), payload, makeRs256Signer(key.privateKey))}`);
  });

  test.each<[string, unknown]>([
    ['as a number', 101],
    ['as a text', '101'],
    ['as texts', ['102', '101']],
    ['in a text', '102, 101 103'],
  ])('permit the account %s', async (_name, account_ids) => {
    await expectAccepted(`Bearer ${issueToken({ account_ids })}`);
    await expectAll(
      403,
      `Bearer ${issueToken({ account_ids, scope: ['batch-jobs:write batch-jobs:read'] })}`,
    );
  });

  test('permit scopes in a list', async () => {
    await expectAccepted(`Bearer ${issueToken({ scope: ['x', 'batch-jobs:write', 'batch-jobs:read'] })}`);
  });

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a list of one text with both', ['batch-jobs:write batch-jobs:read']],
    ['a nested list', [['batch-jobs:write', 'batch-jobs:read']]],
    ['a list of objects', [{ 0: 'batch-jobs:write' }]],
    ['an object', { 'batch-jobs:write': true, 'batch-jobs:read': true }],
    ['a number', 1],
    ['an empty text', ''],
    ['a wildcard', '* batch-jobs:* batch-jobs'],
    ['other separators', 'batch-jobs:write,batch-jobs:read;batch-jobs:read\tbatch-jobs:write'],
    ['another case', 'Batch-Jobs:Write BATCH-JOBS:READ'],
    ['longer and shorter scopes', 'batch-jobs:writer xbatch-jobs:read batch-jobs:rea'],
  ])('permit no scope: %s', async (_name, scope) => {
    await expectAll(403, `Bearer ${issueToken({ scope })}`);
  });

  test('include a huge subject, which is accepted', async () => {
    await expectAccepted(`Bearer ${issueToken({ sub: 's'.repeat(5_000) })}`);
  });
});

test("the log has the reason under the client's error id, and contains no token", async () => {
  const token = forgeByAttacker({ jti: 'logged' });
  const [route] = routes;
  if (route === undefined) throw new Error('there is no route');
  const { id } = JSON.parse((await send(route, [`Bearer ${token}`])).text) as ErrorBody;
  const lines = await waitUntil(() => {
    const found = readLogLines(stack, 'request.refused').filter((line) => line['error_id'] === id);
    return found.length > 0 && found;
  });
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatchObject({
    status: 401,
    kind: 'UnauthenticatedError',
    evidence: { reason: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED: signature verification failed' },
  });
  const log = readFileSync(stack.logFile, 'utf8');
  for (const part of splitToken(token)) expect(log).not.toContain(part);
  for (const line of readLogLines(stack, 'request.refused')) {
    const { reason = '' } = (line['evidence'] ?? {}) as { reason?: string };
    expect(reason.length).toBeLessThanOrEqual(200);
  }
});
