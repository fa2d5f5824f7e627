/** Tests the issuer's keys over real HTTP: kept, added, withdrawn, and with an issuer that fails (ADR 19). */
import { setTimeout as pause } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { HttpIssuer } from '../../src/adapters/issuer/http-issuer.ts';
import { ServiceUnavailableError, UnauthenticatedError } from '../../src/domain/errors.ts';
import { makeAuthenticator } from '../../src/http/auth.ts';
import type { Caller } from '../../src/http/read-caller.ts';
import { RemoteKeys } from '../../src/http/remote-keys.ts';
import { hangUp, makeJsonAnswer, keepSilent } from '../../tools/kit/http-server.ts';
import { MemoryKeySets } from '../support/memory/key-sets.ts';
import { type MakeAnswer, TestIssuer } from '../support/test-issuer.ts';
import { makeRules } from '../support/token-rules.ts';

const RULES = makeRules();
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;
const MAX_AGE = DAY;

const TIMERS = [
  ...(['hrtime', 'nextTick', 'performance', 'queueMicrotask', 'setImmediate', 'clearImmediate'] as const),
  ...(['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout'] as const),
];

let issuer: TestIssuer;
let stored: MemoryKeySets;
/** Replaces the read of the stored keys, if it is set. */
let findStored: (() => Promise<never>) | undefined;
let failures: unknown[];
let restored: number[];
let unreadable: unknown[];
let keys: RemoteKeys;
let authenticate: (authorization: string | undefined) => Promise<Caller>;

const getSource = () => ({ issuer: RULES.issuer, jwksUrl: issuer.url });

/** Makes a new instance of the function, which knows no keys. */
function startInstance(): void {
  const source = getSource();
  keys = new RemoteKeys({
    fetchKeySet: () => new HttpIssuer(source).fetchKeySet(),
    findStored: () => findStored?.() ?? stored.find(source),
    maxAgeMs: MAX_AGE,
    onUnreachable: (cause) => failures.push(cause),
    onStoredUsed: (fetchedAt) => restored.push(fetchedAt),
    onUnreadable: (cause) => unreadable.push(cause),
  });
  authenticate = makeAuthenticator(RULES, keys.find);
}

/** Stores the keys of the issuer as another function does, fetched so long ago. */
async function storeKeys(ageMs = 0): Promise<void> {
  const json = JSON.stringify(issuer.makeKeySet());
  await stored.save(getSource(), { json, fetchedAt: Date.now() - ageMs });
}

beforeEach(async () => {
  issuer = await TestIssuer.start();
  await issuer.addKey('k1');
  // Only the clock is faked, so that waits for the network are real.
  jest.useFakeTimers({ now: Date.now(), doNotFake: TIMERS });
  stored = new MemoryKeySets();
  findStored = undefined;
  failures = [];
  restored = [];
  unreadable = [];
  startInstance();
});
afterEach(async () => {
  jest.useRealTimers();
  await issuer.stop();
});

function advanceClock(ms: number): void {
  jest.setSystemTime(Date.now() + ms);
}

async function signToken(
  kid: string,
  by = issuer,
  header: { alg: string; kid?: string } = { alg: 'ES256', kid },
): Promise<string> {
  const claims = { iss: RULES.issuer, aud: 'jobs', sub: 's', account_ids: [101] };
  return by.sign(kid, { ...claims, exp: Math.floor(Date.now() / 1000) + 400 * 86_400 }, header);
}

const expectAccepted = async (token: string) => {
  expect((await authenticate(`Bearer ${token}`)).accounts).toEqual(new Set([101]));
};
const expectRefused = async (token: string) => {
  await expect(authenticate(`Bearer ${token}`)).rejects.toThrow(UnauthenticatedError);
};

/** @param reason what the log says */
const expectUnavailable = async (token: string, reason: unknown = expect.any(String)) => {
  const attempt = authenticate(`Bearer ${token}`);
  await expect(attempt).rejects.toThrow(ServiceUnavailableError);
  const retryAfter = { shortest: 5, longest: 15 };
  await expect(attempt).rejects.toMatchObject({
    shortage: 'issuer-keys',
    retryAfter,
    evidence: { reason },
  });
};

describe('an issuer that answers', () => {
  test('is asked once for many tokens, even concurrent ones, and again ten minutes later', async () => {
    const token = await signToken('k1');
    await Promise.all(Array.from({ length: 20 }, () => expectAccepted(token)));
    await expectAccepted(token);
    expect(issuer.requestCount).toBe(1);
    advanceClock(10 * MINUTE - 1);
    await expectAccepted(token);
    expect(issuer.requestCount).toBe(1);
    advanceClock(1);
    await expectAccepted(token);
    expect(issuer.requestCount).toBe(2);
  });

  test('may add a key, which the first token with it makes us fetch', async () => {
    const old = await signToken('k1');
    await expectAccepted(old);
    await issuer.addKey('k2');
    advanceClock(5 * SECOND);
    await expectAccepted(await signToken('k2'));
    await expectAccepted(old);
    expect(issuer.requestCount).toBe(2);
  });

  test('may add a key right after an instance has started, which finds it at once', async () => {
    await keys.start();
    await issuer.addKey('k2');
    await expectAccepted(await signToken('k2'));
    expect(issuer.requestCount).toBe(2);
  });

  test('is asked for unknown keys at most every five seconds, however many tokens name one', async () => {
    await expectAccepted(await signToken('k1'));
    await issuer.addKey('attack');
    const attack = await signToken('attack');
    issuer.withdrawKey('attack');
    for (let second = 0; second < 60; second += 1) {
      advanceClock(SECOND);
      await Promise.all([expectRefused(attack), expectRefused(attack)]);
    }
    expect(issuer.requestCount).toBe(1 + 12);
  });

  test('may withdraw a key: its tokens are refused ten minutes later', async () => {
    await issuer.addKey('k2');
    const withdrawn = await signToken('k1');
    await expectAccepted(withdrawn);
    issuer.withdrawKey('k1');
    advanceClock(10 * MINUTE);
    await expectRefused(withdrawn);
    await expectAccepted(await signToken('k2'));
  });

  test('with an empty key set has withdrawn all keys, until it answers with some again', async () => {
    const token = await signToken('k1');
    await expectAccepted(token);
    issuer.answer = () => makeJsonAnswer({ keys: [] });
    advanceClock(10 * MINUTE);
    await expectRefused(token);
    expect(failures).toEqual([]);
    issuer.answer = undefined;
    advanceClock(5 * SECOND);
    await expectAccepted(token);
  });

  test('may have unusable keys in its set without harm to the good ones', async () => {
    issuer.answer = () =>
      makeJsonAnswer({
        keys: [
          { kty: 'oct', kid: 'secret', k: 'c2VjcmV0' },
          { kty: 'EC', kid: 'broken', crv: 'P-256', alg: 'ES256', x: 'x', y: 'y' },
          { kty: 'none' },
          {},
          ...issuer.makeKeySet().keys,
        ],
      });
    await expectAccepted(await signToken('k1'));
    await issuer.addKey('broken');
    await expectRefused(await signToken('broken'));
  });
});

describe('an issuer whose keys have no ids', () => {
  /** Lets the set have these keys without their ids. */
  const hideIds = (...hidden: string[]) => {
    issuer.answer = () => {
      const { keys: all } = issuer.makeKeySet();
      const isHidden = ({ kid = '' }: { kid?: string }) => hidden.includes(kid);
      return makeJsonAnswer({ keys: all.map((key) => (isHidden(key) ? { ...key, kid: undefined } : key)) });
    };
  };
  const withoutId = { alg: 'ES256' };

  test('is asked for a new key at once, though an old one without id is of the same kind', async () => {
    hideIds('k1');
    await expectAccepted(await signToken('k1'));
    await issuer.addKey('k2');
    await expectAccepted(await signToken('k2'));
    await issuer.addKey('k3');
    hideIds('k1', 'k3');
    advanceClock(5 * SECOND);
    await expectAccepted(await signToken('k3', issuer, withoutId));
    expect(issuer.requestCount).toBe(3);
  });

  test('is not asked again for tokens that a key without id has signed', async () => {
    hideIds('k1');
    for (const header of [withoutId, { alg: 'ES256', kid: 'k1' }]) {
      const token = await signToken('k1', issuer, header);
      for (let minute = 0; minute < 4; minute += 1) {
        await expectAccepted(token);
        advanceClock(MINUTE);
      }
    }
    expect(issuer.requestCount).toBe(1);
  });

  test('is asked at most every five seconds for tokens that none of them has signed', async () => {
    hideIds('k1');
    await expectAccepted(await signToken('k1'));
    await issuer.addKey('attack');
    const attacks = [await signToken('attack'), await signToken('attack', issuer, withoutId)];
    issuer.withdrawKey('attack');
    for (let second = 0; second < 60; second += 1) {
      advanceClock(SECOND);
      for (const attack of attacks) await expectRefused(attack);
    }
    expect(issuer.requestCount).toBe(1 + 12);
  });

  test('leaves a token that none of them has signed unavailable while it is down', async () => {
    hideIds('k1');
    await expectAccepted(await signToken('k1'));
    await issuer.addKey('k2');
    issuer.answer = hangUp;
    await expectUnavailable(await signToken('k2'));
    await expectUnavailable(await signToken('k2', issuer, withoutId));
    await expectAccepted(await signToken('k1'));
  });

  test('may have keys among them that nobody can use', async () => {
    issuer.answer = () =>
      makeJsonAnswer({ keys: [{ kty: 'EC', crv: 'P-256', alg: 'ES256', x: 'x', y: 'y' }] });
    await expectRefused(await signToken('k1'));
    issuer.answer = undefined;
    advanceClock(5 * SECOND);
    await expectAccepted(await signToken('k1'));
  });
});

describe('an issuer that is down', () => {
  test('leaves known keys in use for the time that is set, and is asked once a minute', async () => {
    const token = await signToken('k1');
    await expectAccepted(token);
    issuer.answer = hangUp;
    advanceClock(MAX_AGE - 2 * MINUTE);
    for (let second = 0; second < 120; second += 1) {
      await expectAccepted(token);
      advanceClock(SECOND);
    }
    expect(issuer.requestCount).toBe(1 + 2);
    expect(failures).toHaveLength(2);
    await expectUnavailable(token);
  });

  test('adds no key: its new key is unavailable, and accepted within five seconds after it is back', async () => {
    await expectAccepted(await signToken('k1'));
    await issuer.addKey('k2');
    const token = await signToken('k2');
    issuer.answer = hangUp;
    advanceClock(10 * MINUTE);
    await expectUnavailable(token);
    await expectUnavailable(token);
    expect(issuer.requestCount).toBe(2);
    issuer.answer = undefined;
    advanceClock(5 * SECOND);
    await expectAccepted(token);
  });

  test('refuses an unknown key again as soon as it has answered', async () => {
    await issuer.addKey('gone');
    const token = await signToken('gone');
    issuer.withdrawKey('gone');
    await expectRefused(token);
    issuer.answer = hangUp;
    advanceClock(5 * SECOND);
    await expectUnavailable(token);
    issuer.answer = undefined;
    advanceClock(5 * SECOND);
    await expectRefused(token);
    // Not asked again so soon: the last fetch, which succeeded, still counts.
    issuer.answer = hangUp;
    advanceClock(SECOND);
    await expectRefused(token);
  });

  test('makes a function that starts without keys ask again one second later', async () => {
    const token = await signToken('k1');
    issuer.answer = hangUp;
    await keys.start();
    await expectUnavailable(token);
    await expectUnavailable(token);
    expect(issuer.requestCount).toBe(1);
    issuer.answer = undefined;
    advanceClock(SECOND);
    await expectAccepted(token);
    expect(issuer.requestCount).toBe(2);
  });

  test('has the same effects if it does not listen at all', async () => {
    const known = await signToken('k1');
    await expectAccepted(known);
    await issuer.addKey('k2');
    const unknown = await signToken('k2');
    await issuer.stop();
    advanceClock(DAY - 1);
    await expectAccepted(known);
    await expectUnavailable(unknown);
    startInstance();
    await expectUnavailable(known);
    await issuer.restart();
  });
});

describe('a function that starts', () => {
  test('fetches the keys before its first request', async () => {
    await keys.start();
    expect(issuer.requestCount).toBe(1);
    await expectAccepted(await signToken('k1'));
    expect(issuer.requestCount).toBe(1);
  });

  test('while the issuer is down takes the stored keys, which are refused when they are too old', async () => {
    const token = await signToken('k1');
    await storeKeys(MAX_AGE - MINUTE);
    issuer.answer = hangUp;
    await keys.start();
    await expectAccepted(token);
    expect(restored).toEqual([Date.now() - MAX_AGE + MINUTE]);
    advanceClock(MINUTE);
    await expectUnavailable(token, 'the known keys are too old');
    issuer.answer = undefined;
    advanceClock(SECOND);
    await expectAccepted(token);
  });

  test('with stored keys knows no newer key: it is unavailable, not refused', async () => {
    await storeKeys();
    await issuer.addKey('k2');
    issuer.answer = hangUp;
    await keys.start();
    await expectUnavailable(await signToken('k2'));
  });

  test('does not take the stored keys while the issuer answers: a key that it withdrew is refused', async () => {
    await issuer.addKey('k2');
    await storeKeys();
    const withdrawn = await signToken('k1');
    issuer.withdrawKey('k1');
    await keys.start();
    await expectRefused(withdrawn);
    expect(restored).toEqual([]);
  });

  test.each<[string, () => Promise<unknown>]>([
    ['cannot be read', () => Promise.reject(new Error('throttled'))],
    ['are no key set', () => Promise.resolve({ json: '{"keys":7}', fetchedAt: Date.now() })],
    ['are no JSON', () => Promise.resolve({ json: '{', fetchedAt: Date.now() })],
  ])('starts if the stored keys %s', async (_name, find) => {
    findStored = find as () => Promise<never>;
    issuer.answer = hangUp;
    await keys.start();
    await expectUnavailable(await signToken('k1'));
    expect(unreadable).toHaveLength(1);
  });
});

describe('an instance that cannot reach the issuer', () => {
  test('takes stored keys that are newer than its own, and never older ones', async () => {
    await expectAccepted(await signToken('k1'));
    issuer.answer = hangUp;
    await storeKeys(MINUTE);
    advanceClock(10 * MINUTE);
    await expectAccepted(await signToken('k1'));
    expect(restored).toEqual([]);

    await issuer.addKey('k2');
    await storeKeys();
    advanceClock(5 * SECOND);
    await expectAccepted(await signToken('k2'));
    expect(restored).toEqual([Date.now() - 5 * SECOND]);
  });
});

describe('a token that cannot pass', () => {
  const claims = { iss: RULES.issuer, aud: 'jobs', sub: 's', exp: 4_000_000_000 };
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const make = (header: unknown, payload: unknown) => `${encode(header)}.${encode(payload)}.c2lnbg`;
  const good = { alg: 'ES256', kid: 'k1' };

  test.each<[string, string]>([
    ['of another issuer', make(good, { ...claims, iss: 'https://other.test/' })],
    ['without an issuer', make(good, { ...claims, iss: undefined })],
    ['for another audience', make(good, { ...claims, aud: 'others' })],
    ['without an audience', make(good, { ...claims, aud: undefined })],
    ['that has expired', make(good, { ...claims, exp: 1_000_000_000 })],
    ['without an expiry', make(good, { ...claims, exp: undefined })],
    ['that is not valid yet', make(good, { ...claims, nbf: 3_000_000_000 })],
    ['whose claims are no object', make(good, [claims])],
    ['whose claims are no JSON', `${encode(good)}.e30x.c2lnbg`],
    ['whose header is no JSON', `e30x.${encode(claims)}.c2lnbg`],
    ['of a shared secret', make({ alg: 'HS256' }, claims)],
    ['of an unknown algorithm', make({ alg: 'XX999', kid: 'k1' }, claims)],
    ['of no algorithm', make({ alg: 'none' }, claims)],
  ])('%s is refused, and nobody asks the issuer, whether it is up or down', async (_name, token) => {
    for (const answer of [undefined, hangUp]) {
      issuer.answer = answer;
      startInstance();
      await expectRefused(token);
    }
    await expect(authenticate(undefined)).rejects.toThrow(UnauthenticatedError);
    expect(issuer.requestCount).toBe(0);
  });

  test('is refused for its signature by a key that is known, and asks nobody', async () => {
    await keys.start();
    await expectRefused(make(good, claims));
    expect(issuer.requestCount).toBe(1);
  });
});

describe('a key set with several keys that match', () => {
  test.each<[string, (jwk: object) => object, { alg: string; kid?: string }]>([
    ['of one id', (jwk) => ({ ...jwk, kid: 'same' }), { alg: 'ES256', kid: 'same' }],
    ['without an id', (jwk) => ({ ...jwk, kid: undefined }), { alg: 'ES256' }],
  ])('%s: each is tried, and a token of none of them is refused', async (_name, change, header) => {
    await issuer.addKey('k2');
    issuer.answer = () => makeJsonAnswer({ keys: issuer.makeKeySet().keys.map(change) });
    await expectAccepted(await signToken('k1', issuer, header));
    await expectAccepted(await signToken('k2', issuer, header));
    const other = new TestIssuer();
    await other.addKey('k1');
    await expectRefused(await signToken('k1', other, header));
  });
});

describe('an answer that is no key set', () => {
  const withBody =
    (body: string | Buffer, status = 200, headers: Record<string, string> = {}): MakeAnswer =>
    () => ({ status, headers, body });
  const pad = (bytes: number) => ' '.repeat(bytes);
  /**
   * Sends half of a key set.
   * @param then runs after that half
   */
  async function* sendHalf(then: () => Promise<never>) {
    yield '{"keys":[';
    await pause(10);
    await then();
  }

  const ANSWERS: [string, () => MakeAnswer][] = [
    ['nothing', () => withBody('')],
    ['HTML', () => withBody('<html>try again later</html>')],
    ['null', () => withBody('null')],
    ['a list', () => withBody('[]')],
    ['keys that are no list', () => withBody('{"keys":{"0":{}}}')],
    ['keys that are no objects', () => withBody('{"keys":[1,"x",null]}')],
    ['bytes', () => withBody(Buffer.from([0xff, 0x00, 0xfe]))],
    ['a deep nesting', () => withBody('['.repeat(100_000))],
    ['the right set with 500', () => withBody(JSON.stringify(issuer.makeKeySet()), 500)],
    ['the right set with 404', () => withBody(JSON.stringify(issuer.makeKeySet()), 404)],
    ['204', () => withBody('', 204)],
    ['a good set that is too large', () => withBody(JSON.stringify(issuer.makeKeySet()) + pad(256 * 1024))],
    [
      'a good set that is too large when it is unzipped',
      () =>
        withBody(gzipSync(JSON.stringify(issuer.makeKeySet()) + pad(100_000_000)), 200, {
          'content-encoding': 'gzip',
        }),
    ],
    [
      'half of one',
      () => () => ({ status: 200, headers: { 'content-length': '1000' }, body: sendHalf(hangUp) }),
    ],
    ['a redirect', () => withBody('', 302, { location: '/elsewhere' })],
    [
      'a redirect for good, with the right set',
      () => withBody(JSON.stringify(issuer.makeKeySet()), 308, { location: '/x' }),
    ],
  ];

  test.each(ANSWERS)('%s: known keys stay in use, unknown ones are unavailable', async (_name, answer) => {
    const token = await signToken('k1');
    await expectAccepted(token);
    await issuer.addKey('k2');
    issuer.answer = answer();
    advanceClock(10 * MINUTE);
    await expectUnavailable(await signToken('k2'));
    await expectAccepted(token);
    // The issuer was asked only once more, so no redirect was followed.
    expect(issuer.requestCount).toBe(2);
    expect(failures).toHaveLength(1);

    startInstance();
    await expectUnavailable(token);
    issuer.answer = undefined;
    advanceClock(5 * SECOND);
    await expectAccepted(token);
  });

  test('that never ends is not read to its end', async () => {
    const token = await signToken('k1');
    await expectAccepted(token);
    const cut = Promise.withResolvers<undefined>();
    async function* sendEndlessly() {
      try {
        for (;;) yield await Promise.resolve(pad(65_536));
      } finally {
        cut.resolve(undefined);
      }
    }
    issuer.answer = () => ({ status: 200, body: sendEndlessly() });
    advanceClock(10 * MINUTE);
    await expectAccepted(token);
    await cut.promise;
    expect(failures).toHaveLength(1);
  });

  test.each<[string, MakeAnswer]>([
    ['does not begin', keepSilent],
    ['stops in the middle', () => ({ status: 200, body: sendHalf(keepSilent) })],
  ])('that %s is given up', async (_name, answer) => {
    const token = await signToken('k1');
    await expectAccepted(token);
    issuer.answer = answer;
    advanceClock(10 * MINUTE);
    await expectAccepted(token);
    await expectAccepted(token);
    expect(issuer.requestCount).toBe(2);
    expect(String(failures[0])).toContain('timed out');
  });
});
