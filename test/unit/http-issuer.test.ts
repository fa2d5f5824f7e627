/** Tests the fetch of an issuer's keys, by its discovery document, over real HTTP. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { HttpIssuer } from '../../src/adapters/issuer/http-issuer.ts';
import { IssuerUnreachableError } from '../../src/domain/errors.ts';
import { type HttpAnswer, makeJsonAnswer } from '../../tools/kit/http-server.ts';
import { StandIn } from '../support/stand-in.ts';
import { makeCertificate, serveByTls } from '../support/tls-rig.ts';

const KEYS = { keys: [{ kty: 'EC', kid: 'k1' }] };

let server: StandIn;
/** The answers by path. */
let answers: Record<string, () => HttpAnswer | Promise<HttpAnswer>>;

beforeEach(async () => {
  answers = {};
  server = await new StandIn(({ path }) => answers[path]?.() ?? { status: 404 }).listen();
});
afterEach(() => server.close());

const listPaths = () => server.requests.map(({ path }) => path);

/** Serves a discovery document below the path of an issuer, and keys at /keys. */
function serve(path: string, document: object, keys: object = KEYS): void {
  answers[`${path}/.well-known/openid-configuration`] = () => makeJsonAnswer(document);
  answers['/keys'] = () => makeJsonAnswer(keys);
}

async function expectUnreachable(issuer: string, message: RegExp): Promise<void> {
  const attempt = new HttpIssuer({ issuer }).fetchKeySet();
  await expect(attempt).rejects.toThrow(IssuerUnreachableError);
  await expect(attempt).rejects.toThrow(message);
}

describe('discovery', () => {
  test.each(['', '/', '/realms/buyers', '/tenant/v2.0/'])(
    'of an issuer with the path %j asks for its document, then for its keys',
    async (path) => {
      const issuer = server.url + path;
      serve(path.replace(/\/$/, ''), { issuer, jwks_uri: `${server.url}/keys` });
      const before = Date.now();
      const { json, fetchedAt } = await new HttpIssuer({ issuer }).fetchKeySet();
      expect(JSON.parse(json)).toEqual(KEYS);
      expect(fetchedAt).toBeGreaterThanOrEqual(before);
      expect(fetchedAt).toBeLessThanOrEqual(Date.now());
      expect(listPaths()).toEqual([`${path.replace(/\/$/, '')}/.well-known/openid-configuration`, '/keys']);
    },
  );

  test('is left out when the address of the keys is configured', async () => {
    answers['/keys'] = () => makeJsonAnswer(KEYS);
    const source = { issuer: server.url, jwksUrl: `${server.url}/keys` };
    expect(JSON.parse((await new HttpIssuer(source).fetchKeySet()).json)).toEqual(KEYS);
    expect(listPaths()).toEqual(['/keys']);
  });

  test.each<[string, (url: string) => unknown]>([
    ['another issuer', () => 'https://other.test'],
    ['the issuer with a slash more', (url) => `${url}/`],
    ['the issuer in capitals', (url) => url.toUpperCase()],
    ['no issuer', () => undefined],
    ['a list with the issuer', (url) => [url]],
  ])('refuses a document of %s, and does not ask for its keys', async (_name, makeIssuer) => {
    serve('', { issuer: makeIssuer(server.url), jwks_uri: `${server.url}/keys` });
    await expectUnreachable(server.url, /is not the discovery document of the configured issuer/);
    expect(listPaths()).toHaveLength(1);
  });

  test.each<[unknown]>([
    ['http://keys.test/'],
    ['http://localhost.keys.test/'],
    ['https://user:secret@keys.test/'],
    ['file:///etc/passwd'],
    ['/keys'],
    [7],
    [undefined],
  ])('refuses the address %j of keys', async (address) => {
    serve('', { issuer: server.url, jwks_uri: address });
    await expectUnreachable(server.url, /names no https address of its keys/);
    expect(listPaths()).toHaveLength(1);
  });

  test.each<[string, HttpAnswer]>([
    ['no JSON', { status: 200, body: '<html>' }],
    ['a list', makeJsonAnswer([])],
    ['null', makeJsonAnswer(null)],
    ['a redirect', { status: 302, headers: { location: '/keys' } }],
    ['500', makeJsonAnswer({}, 500)],
    ['too much', { status: 200, body: `{"issuer":"${' '.repeat(256 * 1024)}"}` }],
  ])('refuses %s as a document', async (_name, answer) => {
    serve('', {});
    answers['/.well-known/openid-configuration'] = () => answer;
    await expectUnreachable(server.url, /The token issuer /);
    expect(listPaths()).toHaveLength(1);
  });
});

test('an issuer elsewhere cannot point to an address of this machine', async () => {
  const asked: string[] = [];
  const issuer = new HttpIssuer({ issuer: 'https://id.test' }, (url) => {
    asked.push(url);
    return Promise.resolve(JSON.stringify({ issuer: 'https://id.test', jwks_uri: `${server.url}/keys` }));
  });
  await expect(issuer.fetchKeySet()).rejects.toThrow(/names no https address of its keys/);
  expect(asked).toEqual(['https://id.test/.well-known/openid-configuration']);
});

test('an issuer by https is asked if its certificate is trusted, and only then', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'issuer-'));
  const before = getCACertificates();
  try {
    const certificate = await makeCertificate(folder, ['localhost']);
    const listener = await serveByTls(certificate, () => ({ status: 200, body: JSON.stringify(KEYS) }));
    try {
      const issuer = `https://localhost:${listener.port}`;
      const keys = new HttpIssuer({ issuer, jwksUrl: issuer });
      await expect(keys.fetchKeySet()).rejects.toThrow(/could not be asked/);
      setDefaultCACertificates([...before, certificate.cert]);
      expect(JSON.parse((await keys.fetchKeySet()).json)).toEqual(KEYS);
      // The name in the certificate counts.
      const byAddress = new HttpIssuer({ issuer, jwksUrl: listener.url.replace('http:', 'https:') });
      await expect(byAddress.fetchKeySet()).rejects.toThrow(/could not be asked/);
    } finally {
      await listener.close();
    }
  } finally {
    setDefaultCACertificates(before);
    rmSync(folder, { recursive: true });
  }
});

test('the fetch of Node.js, whose first use is a quarter of a start, is not used', async () => {
  answers['/keys'] = () => makeJsonAnswer(KEYS);
  const real = globalThis.fetch;
  globalThis.fetch = () => Promise.reject(new Error('fetch was used'));
  try {
    await new HttpIssuer({ issuer: server.url, jwksUrl: `${server.url}/keys` }).fetchKeySet();
  } finally {
    globalThis.fetch = real;
  }
});

test('an answer that breaks off is no key set', async () => {
  answers['/keys'] = () => ({ status: 200, headers: { 'content-length': '99' }, body: JSON.stringify(KEYS) });
  const source = { issuer: server.url, jwksUrl: `${server.url}/keys` };
  await expect(new HttpIssuer(source).fetchKeySet()).rejects.toThrow(IssuerUnreachableError);
});

test('document and keys together take three seconds at most', async () => {
  const after = async (ms: number, answer: HttpAnswer): Promise<HttpAnswer> => {
    await pause(ms);
    return answer;
  };
  answers['/.well-known/openid-configuration'] = () =>
    after(2_000, makeJsonAnswer({ issuer: server.url, jwks_uri: `${server.url}/keys` }));
  answers['/keys'] = () => after(2_000, makeJsonAnswer(KEYS));
  // Each of them alone would be in time.
  await expectUnreachable(server.url, /timed out/);
});

test('each fetch has a connection of its own: one that was kept may be dead when Lambda goes on', async () => {
  serve('', { issuer: server.url, jwks_uri: `${server.url}/keys` });
  await new HttpIssuer({ issuer: server.url }).fetchKeySet();
  expect(server.requests.map(({ headers }) => headers.connection)).toEqual(['close', 'close']);
});
