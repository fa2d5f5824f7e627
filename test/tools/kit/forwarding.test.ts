/** Tests the forwarding server: calls that pass, hooks that change them, and sides that disconnect. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { forwardTo } from '../../../tools/kit/forwarding.ts';
import { hangUp, makeJsonAnswer, keepSilent } from '../../../tools/kit/http-server.ts';
import { StandIn } from '../../support/stand-in.ts';

let target: StandIn;
beforeEach(async () => {
  target = await new StandIn(() => makeJsonAnswer({ done: true }, 201, { 'x-told': 'yes' })).listen();
});
afterEach(() => target.close());

const post = (url: string, signal?: AbortSignal) =>
  fetch(`${url}/path?query=1`, {
    method: 'POST',
    headers: { 'x-amz-target': 'DynamoDB_20120810.PutItem' },
    body: 'hello',
    ...(signal && { signal }),
  });

test('a call and its answer pass unchanged', async () => {
  await using front = await forwardTo(target.url);
  const answer = await post(front.url);
  expect([answer.status, answer.headers.get('x-told'), await answer.json()]).toEqual([
    201,
    'yes',
    { done: true },
  ]);
  expect(target.requests).toMatchObject([
    {
      method: 'POST',
      path: '/path?query=1',
      headers: { 'x-amz-target': 'DynamoDB_20120810.PutItem' },
      body: 'hello',
    },
  ]);
});

test('a hook may change a call, repeat it, and change its answer', async () => {
  await using front = await forwardTo(target.url, {
    around: async (call, forward) => {
      await forward({ ...call, body: Buffer.from('another body') });
      return { ...(await forward(call)), status: 202 };
    },
  });
  expect((await post(front.url)).status).toBe(202);
  expect(target.requests.map(({ body }) => body)).toEqual(['another body', 'hello']);
});

test.each([
  ['hook', { around: hangUp }],
  ['target', {}],
])('a caller sees its connection break when the %s breaks it', async (_who, options) => {
  target.respond = hangUp;
  await using front = await forwardTo(target.url, options);
  await expect(post(front.url)).rejects.toThrow('fetch failed');
});

test('a call that its caller gives up is still carried out, unless endWithCaller is set', async () => {
  const ended: boolean[] = [];
  for (const endWithCaller of [false, true]) {
    const caller = new AbortController();
    const settled = Promise.withResolvers<undefined>();
    const release = Promise.withResolvers<undefined>();
    target.respond = async () => {
      caller.abort();
      await release.promise;
      return { status: 200 };
    };
    await using front = await forwardTo(target.url, {
      endWithCaller,
      around: async (call, forward) => {
        call.gone.addEventListener('abort', () => {
          if (!endWithCaller) release.resolve(undefined);
        });
        try {
          return await forward(call);
        } catch (error) {
          ended.push(endWithCaller);
          throw error;
        } finally {
          settled.resolve(undefined);
        }
      },
    });
    await expect(post(front.url, caller.signal)).rejects.toThrow('aborted');
    await settled.promise;
    release.resolve(undefined);
  }
  expect(ended).toEqual([true]);
});

test('the server can stop while calls are in flight', async () => {
  const asked = Promise.withResolvers<undefined>();
  target.respond = () => {
    asked.resolve(undefined);
    return keepSilent();
  };
  const front = await forwardTo(target.url);
  const call = expect(post(front.url)).rejects.toThrow('fetch failed');
  await asked.promise;
  await front.close();
  await call;
  await expect(post(front.url)).rejects.toThrow('fetch failed');
});
