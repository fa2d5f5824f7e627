/** Tests the issuer's keys over real HTTP: kept, added, withdrawn, and with an issuer that fails (ADR 19). */
import { setTimeout as pause } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { UnauthenticatedError } from '../../src/domain/errors.ts';
import { type Caller, authenticator } from '../../src/http/auth.ts';
import { remoteKeys } from '../../src/http/remote-keys.ts';
import { hangUp, jsonAnswer, keepSilent } from '../../tools/kit/http-server.ts';
import { type Answer, TestIssuer } from '../support/test-issuer.ts';

const RULES = {
  issuer: 'https://issuer.test/',
  audience: 'jobs',
  accountsClaim: 'account_ids',
  scopesClaim: 'scope',
};
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
function coldStart(): void {
  const onFailure = (cause: unknown) => failures.push(cause);
  authenticate = authenticator(RULES, remoteKeys(issuer.url, { onFailure }));
}

beforeEach(async () => {
  issuer = await TestIssuer.start();
  await issuer.addKey('k1');
  // Only the clock is faked, so that waits for the network are real.
  jest.useFakeTimers({ now: Date.now(), doNotFake: TIMERS });
  failures = [];
  coldStart();
});
afterEach(async () => {
  jest.useRealTimers();
  await issuer.stop();
});

function later(ms: number): void {
  jest.setSystemTime(Date.now() + ms);
}

async function tokenOf(kid: string, by = issuer): Promise<string> {
  const claims = { iss: RULES.issuer, aud: RULES.audience, sub: 's', account_ids: [101] };
  return by.sign(kid, { ...claims, exp: Math.floor(Date.now() / 1000) + 400 * 86_400 });
}

const accepted = async (token: string) => {
  expect((await authenticate(`Bearer ${token}`)).accounts).toEqual(new Set([101]));
};
const refused = async (token: string) => {
  await expect(authenticate(`Bearer ${token}`)).rejects.toThrow(UnauthenticatedError);
};

describe('an issuer that answers', () => {
  test('is asked once for many tokens, even concurrent ones, and again ten minutes later', async () => {
    const token = await tokenOf('k1');
    await Promise.all(Array.from({ length: 20 }, () => accepted(token)));
    await accepted(token);
    expect(issuer.asked).toBe(1);
    later(10 * MINUTE - 1);
    await accepted(token);
    expect(issuer.asked).toBe(1);
    later(1);
    await accepted(token);
    expect(issuer.asked).toBe(2);
  });

  test('may add a key, which the first token with it makes us fetch', async () => {
    const old = await tokenOf('k1');
    await accepted(old);
    await issuer.addKey('k2');
    later(5 * SECOND);
    await accepted(await tokenOf('k2'));
    await accepted(old);
    expect(issuer.asked).toBe(2);
  });

  test('is asked for unknown keys at most every five seconds, however many tokens name one', async () => {
    await accepted(await tokenOf('k1'));
    await issuer.addKey('attack');
    const attack = await tokenOf('attack');
    issuer.withdrawKey('attack');
    for (let second = 0; second < 60; second += 1) {
      later(SECOND);
      await Promise.all([refused(attack), refused(attack)]);
    }
    expect(issuer.asked).toBe(1 + 12);
  });

  test('may withdraw a key: its tokens are refused ten minutes later', async () => {
    await issuer.addKey('k2');
    const withdrawn = await tokenOf('k1');
    await accepted(withdrawn);
    issuer.withdrawKey('k1');
    later(10 * MINUTE);
    await refused(withdrawn);
    await accepted(await tokenOf('k2'));
  });

  test('with an empty key set has withdrawn all keys, until it answers with some again', async () => {
    const token = await tokenOf('k1');
    await accepted(token);
    issuer.answer = () => jsonAnswer({ keys: [] });
    later(10 * MINUTE);
    await refused(token);
    expect(failures).toEqual([]);
    issuer.answer = undefined;
    later(5 * SECOND);
    await accepted(token);
  });

  test('may have unusable keys in its set without harm to the good ones', async () => {
    issuer.answer = () =>
      jsonAnswer({
        keys: [
          { kty: 'oct', kid: 'secret', k: 'c2VjcmV0' },
          { kty: 'EC', kid: 'broken', crv: 'P-256', alg: 'ES256', x: 'x', y: 'y' },
          { kty: 'none' },
          {},
          ...issuer.keySet().keys,
        ],
      });
    await accepted(await tokenOf('k1'));
    await issuer.addKey('broken');
    await refused(await tokenOf('broken'));
  });
});

describe('an issuer that is down', () => {
  test('leaves known keys in use as long as it is down, and is asked once a minute', async () => {
    const token = await tokenOf('k1');
    await accepted(token);
    issuer.answer = hangUp;
    later(30 * DAY);
    for (let second = 0; second < 120; second += 1) {
      await accepted(token);
      later(SECOND);
    }
    expect(issuer.asked).toBe(1 + 2);
    expect(failures).toHaveLength(2);
  });

  test('adds no key, and its new key is accepted within five seconds after it is back', async () => {
    await accepted(await tokenOf('k1'));
    await issuer.addKey('k2');
    const token = await tokenOf('k2');
    issuer.answer = hangUp;
    later(10 * MINUTE);
    await refused(token);
    await refused(token);
    expect(issuer.asked).toBe(2);
    issuer.answer = undefined;
    later(5 * SECOND);
    await accepted(token);
  });

  test('makes a function that starts refuse all tokens, and is asked again one second later', async () => {
    const token = await tokenOf('k1');
    issuer.answer = hangUp;
    await refused(token);
    await refused(token);
    expect(issuer.asked).toBe(1);
    issuer.answer = undefined;
    later(SECOND);
    await accepted(token);
    expect(issuer.asked).toBe(2);
  });

  test('has the same effects if it does not listen at all', async () => {
    const known = await tokenOf('k1');
    await accepted(known);
    await issuer.addKey('k2');
    const unknown = await tokenOf('k2');
    await issuer.stop();
    later(DAY);
    await accepted(known);
    await refused(unknown);
    coldStart();
    await refused(known);
    await issuer.restart();
  });
});

describe('an answer that is no key set', () => {
  const withBody =
    (body: string | Buffer, status = 200, headers: Record<string, string> = {}): Answer =>
    () => ({ status, headers, body });
  const pad = (bytes: number) => ' '.repeat(bytes);
  /**
   * Sends half of a key set.
   * @param then runs after that half
   */
  async function* half(then: () => Promise<never>) {
    yield '{"keys":[';
    await pause(10);
    await then();
  }

  const ANSWERS: [string, () => Answer][] = [
    ['nothing', () => withBody('')],
    ['HTML', () => withBody('<html>try again later</html>')],
    ['null', () => withBody('null')],
    ['a list', () => withBody('[]')],
    ['keys that are no list', () => withBody('{"keys":{"0":{}}}')],
    ['keys that are no objects', () => withBody('{"keys":[1,"x",null]}')],
    ['bytes', () => withBody(Buffer.from([0xff, 0x00, 0xfe]))],
    ['a deep nesting', () => withBody('['.repeat(100_000))],
    ['the right set with 500', () => withBody(JSON.stringify(issuer.keySet()), 500)],
    ['the right set with 404', () => withBody(JSON.stringify(issuer.keySet()), 404)],
    ['204', () => withBody('', 204)],
    ['a good set that is too large', () => withBody(JSON.stringify(issuer.keySet()) + pad(256 * 1024))],
    [
      'a good set that is too large when it is unzipped',
      () =>
        withBody(gzipSync(JSON.stringify(issuer.keySet()) + pad(100_000_000)), 200, {
          'content-encoding': 'gzip',
        }),
    ],
    ['half of one', () => () => ({ status: 200, headers: { 'content-length': '1000' }, body: half(hangUp) })],
    ['a redirect', () => withBody('', 302, { location: '/elsewhere' })],
    [
      'a redirect for good, with the right set',
      () => withBody(JSON.stringify(issuer.keySet()), 308, { location: '/x' }),
    ],
  ];

  test.each(ANSWERS)('%s: known keys stay in use, unknown ones are refused', async (_name, answer) => {
    const token = await tokenOf('k1');
    await accepted(token);
    await issuer.addKey('k2');
    issuer.answer = answer();
    later(10 * MINUTE);
    await refused(await tokenOf('k2'));
    await accepted(token);
    // The issuer was asked only once more, so no redirect was followed.
    expect(issuer.asked).toBe(2);
    expect(failures).toHaveLength(1);

    coldStart();
    await refused(token);
    issuer.answer = undefined;
    later(5 * SECOND);
    await accepted(token);
  });

  test('that never ends is not read to its end', async () => {
    const token = await tokenOf('k1');
    await accepted(token);
    const cut = Promise.withResolvers<undefined>();
    async function* endless() {
      try {
        for (;;) yield await Promise.resolve(pad(65_536));
      } finally {
        cut.resolve(undefined);
      }
    }
    issuer.answer = () => ({ status: 200, body: endless() });
    later(10 * MINUTE);
    await accepted(token);
    await cut.promise;
    expect(failures).toHaveLength(1);
  });

  test.each<[string, Answer]>([
    ['does not begin', keepSilent],
    ['stops in the middle', () => ({ status: 200, body: half(keepSilent) })],
  ])('that %s is given up', async (_name, answer) => {
    const token = await tokenOf('k1');
    await accepted(token);
    issuer.answer = answer;
    later(10 * MINUTE);
    await accepted(token);
    await accepted(token);
    expect(issuer.asked).toBe(2);
    expect(String(failures[0])).toContain('timed out');
  });
});
