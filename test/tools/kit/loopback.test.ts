import { createServer } from 'node:http';
import { expect, test } from '@jest/globals';
import { listenOnLoopback } from '../../../tools/kit/loopback.ts';

test('an idle connection has no end, which a client would be told', async () => {
  await using listener = await listenOnLoopback(createServer((_, response) => response.end()));
  const answer = await fetch(listener.url);
  expect(answer.headers.get('connection')).toBe('keep-alive');
  expect(answer.headers.get('keep-alive')).toBeNull();
});
