/** Tests the servers of the emulators: how long a connection stays open. */
import { createServer } from 'node:http';
import { expect, test } from '@jest/globals';
import { listenOnLoopback } from '../../../tools/kit/loopback.ts';

test('an idle connection is kept open without a time limit', async () => {
  await using listener = await listenOnLoopback(createServer((_, response) => response.end()));
  const answer = await fetch(listener.url);
  expect(answer.headers.get('connection')).toBe('keep-alive');
  // The header would name the limit.
  expect(answer.headers.get('keep-alive')).toBeNull();
});
