/** Compares the examples of the API's description with answers of the running stack, except random values. */
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { examplesOf, masked, readExamples } from '../../api/openapi/examples.ts';
import { playScenario } from '../../api/openapi/scenario.ts';
import { DEFAULT_SUBJECT } from '../../tools/local/issuer.ts';
import { aToken, request } from '../support/client.ts';
import { e2eStack } from '../support/e2e.ts';

const stack = e2eStack();

test('every example is what the stack answers (to update them: npm run openapi -- --record)', async () => {
  const calls = await playScenario({
    send: ({ method, path, headers, body }) => request(method, stack.url + path, headers, body),
    tokenFor: (...accounts) => aToken({ accounts, subject: DEFAULT_SUBJECT }),
    pause: () => pause(50),
  });
  const live = examplesOf(calls);
  expect(Object.keys(live).length).toBeGreaterThan(20);
  expect(masked(live)).toEqual(masked(readExamples()));
});
