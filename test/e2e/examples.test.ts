/** Compares the examples of the API's description with answers of the running stack, except random values. */
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { makeExamples, maskVolatileValues, readExamples } from '../../api/openapi/examples.ts';
import { playScenario } from '../../api/openapi/scenario.ts';
import { DEFAULT_SUBJECT } from '../../tools/local/issuer.ts';
import { aToken, sendRequest } from '../support/api-client.ts';
import { readE2eStack } from '../support/e2e.ts';

const stack = readE2eStack();

test('every example is what the stack answers (to update them: npm run openapi -- --record)', async () => {
  const calls = await playScenario({
    send: ({ method, path, headers, body }) => sendRequest(method, stack.url + path, headers, body),
    getToken: (...accounts) => aToken({ accounts, subject: DEFAULT_SUBJECT }),
    pause: () => pause(50),
  });
  const live = makeExamples(calls);
  expect(Object.keys(live).length).toBeGreaterThan(20);
  expect(maskVolatileValues(live)).toEqual(maskVolatileValues(readExamples()));
});
