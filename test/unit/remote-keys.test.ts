/** Tests the issuer's keys over real HTTP: kept, added, withdrawn, and with an issuer that fails (ADR 19). */
import { setTimeout as pause } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { UnauthenticatedError } from '../../src/domain/errors.ts';
import { makeAuthenticator } from '../../src/http/auth.ts';
import type { Caller } from '../../src/http/read-caller.ts';
import { makeRemoteKeys } from '../../src/http/remote-keys.ts';
import { hangUp, makeJsonAnswer, keepSilent } from '../../tools/kit/http-server.ts';
import { type MakeAnswer, TestIssuer } from '../support/test-issuer.ts';
import { makeRules } from '../support/token-rules.ts';

const RULES = makeRules();
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;

const TIMERS = [
  ...(['hrtime', 'nextTick', 'performance', 'queueMicrotask', 'setImmediate', 'clearImmediate'] as const),
  ...(['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout'] as const),
];

let issuer: TestIssuer;
let failures: unknown[];
let authenticate: (authorization: string | undefined) => Promise<Caller>;

/** Starts a new instance of the function, which knows no keys. */
function startInstance(): void {
  const onFailure = (cause: unknown) => failures.push(cause);
  authenticate = makeAuthenticator(RULES, makeRemoteKeys(issuer.url, { onFailure }));
}

beforeEach(async () => {
  issuer = await TestIssuer.start();
  await issuer.addKey('k1');
  // Only the clock is faked, so that waits for the network are real.
  jest.useFakeTimers({ now: Date.now(), doNotFake: TIMERS });
  failures = [];
  startInstance();
});
afterEach(async () => {
  jest.useRealTimers();
  await issuer.stop();
});

function advanceClock(ms: number): void {
  jest.setSystemTime(Date.now() + ms);
}

async function signToken(kid: string, by = issuer): Promise<string> {
  const claims = { iss: RULES.issuer, aud: 'jobs', sub: 's', account_ids: [101] };
  return by.sign(kid, { ...claims, exp: Math.floor(Date.now() / 1000) + 400 * 86_400 });
}

const expectAccepted = async (token: string) => {
  expect((await authenticate(`Bearer ${token}`)).accounts).toEqual(new Set([101]));
};
const expectRefused = async (token: string) => {
  await expect(authenticate(`Bearer ${token}`)).rejects.toThrow(UnauthenticatedError);
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

describe('an issuer that is down', () => {
  test('leaves known keys in use as long as it is down, and is asked once a minute', async () => {
    const token = await signToken('k1');
    await expectAccepted(token);
    issuer.answer = hangUp;
    advanceClock(30 * DAY);
    for (let second = 0; second < 120; second += 1) {
      await expectAccepted(token);
      advanceClock(SECOND);
    }
    expect(issuer.requestCount).toBe(1 + 2);
    expect(failures).toHaveLength(2);
  });

  test('adds no key, and its new key is accepted within five seconds after it is back', async () => {
    await expectAccepted(await signToken('k1'));
    await issuer.addKey('k2');
    const token = await signToken('k2');
    issuer.answer = hangUp;
    advanceClock(10 * MINUTE);
    await expectRefused(token);
    await expectRefused(token);
    expect(issuer.requestCount).toBe(2);
    issuer.answer = undefined;
    advanceClock(5 * SECOND);
    await expectAccepted(token);
  });

  test('makes a function that starts refuse all tokens, and is asked again one second later', async () => {
    const token = await signToken('k1');
    issuer.answer = hangUp;
    await expectRefused(token);
    await expectRefused(token);
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
    advanceClock(DAY);
    await expectAccepted(known);
    await expectRefused(unknown);
    startInstance();
    await expectRefused(known);
    await issuer.restart();
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

  test.each(ANSWERS)('%s: known keys stay in use, unknown ones are refused', async (_name, answer) => {
    const token = await signToken('k1');
    await expectAccepted(token);
    await issuer.addKey('k2');
    issuer.answer = answer();
    advanceClock(10 * MINUTE);
    await expectRefused(await signToken('k2'));
    await expectAccepted(token);
    // The issuer was asked only once more, so no redirect was followed.
    expect(issuer.requestCount).toBe(2);
    expect(failures).toHaveLength(1);

    startInstance();
    await expectRefused(token);
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
