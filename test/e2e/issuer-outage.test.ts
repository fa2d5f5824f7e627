/** Tests a stack of its own whose issuer adds keys, fails and comes back (ADR 19). */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { makeFieldingRunsPath, makeJobPath } from '../../api/paths.ts';
import { hangUp, keepSilent } from '../../tools/kit/http-server.ts';
import { anId } from '../support/builders.ts';
import { type Answer, aToken, Client, readError } from '../support/api-client.ts';
import { aProject } from '../support/e2e.ts';
import { makeGoodClaims } from '../support/forge-token.ts';
import { type RunningStack, startStack } from '../support/start-stack.ts';
import { TestIssuer } from '../support/test-issuer.ts';

const ISSUER = 'https://issuer.test/';

let issuer: TestIssuer;
let running: RunningStack;
let paths: string[];

beforeAll(async () => {
  issuer = await TestIssuer.start();
  await issuer.addKey('k1');
  const context = [`issuer=${ISSUER}`, `jwksUrl=${issuer.url}`, `stackName=Issuer${process.pid}`];
  running = await startStack(context.flatMap((each) => ['-c', each]));
  const { tenant, ids } = await aProject(running.info, [{}]);
  paths = [makeFieldingRunsPath(tenant, ids[0] ?? ''), makeJobPath(tenant, 'resume', anId('J'))];
});
afterAll(async () => {
  await running.stop();
  await issuer.stop();
});

/** Sends a token signed with the key `kid` to each function that reads. */
async function requestWithKey(kid: string): Promise<Answer[]> {
  const token = await issuer.sign(kid, makeGoodClaims({ iss: ISSUER }));
  return Promise.all(paths.map((path) => new Client(running.info.url, token).get(path)));
}

/** The statuses for an accepted token: the fielding run exists, the job does not. */
const ACCEPTED = [200, 404];
const readStatuses = async (kid: string) => (await requestWithKey(kid)).map(({ status }) => status);

/** Waits until the functions have fetched the keys again, which they do every five seconds at most. */
async function waitUntilAccepted(kid: string): Promise<void> {
  while ((await readStatuses(kid)).some((status, i) => status !== ACCEPTED[i])) await pause(500);
}

test('new keys are accepted, known keys survive an outage of the issuer, and unknown keys are refused', async () => {
  // The issuer is down before the functions have any key: every token gets a 401, not a 500.
  issuer.answer = hangUp;
  expect(await readStatuses('k1')).toEqual([401, 401]);
  issuer.answer = () => ({ status: 200, body: '<html>maintenance</html>' });
  expect(await readStatuses('k1')).toEqual([401, 401]);

  issuer.answer = undefined;
  await waitUntilAccepted('k1');

  await issuer.addKey('k2');
  await waitUntilAccepted('k2');
  expect(await readStatuses('k1')).toEqual(ACCEPTED);

  // The issuer hangs, then stops listening: known keys still work, and a new one gets the contract's 401.
  await issuer.addKey('k3');
  issuer.answer = keepSilent;
  const { requestCount: asked } = issuer;
  while (issuer.requestCount < asked + paths.length) {
    for (const answer of await requestWithKey('k3')) {
      expect(answer.status).toBe(401);
      expect(readError(answer).object).toBe('authorization_error');
    }
    await pause(200);
  }
  expect(await readStatuses('k2')).toEqual(ACCEPTED);
  await issuer.stop();
  expect(await readStatuses('k1')).toEqual(ACCEPTED);
  expect(await readStatuses('k3')).toEqual([401, 401]);

  await issuer.restart();
  await waitUntilAccepted('k3');
});

test('a stack with another issuer offers no token of the local one, which it refuses', async () => {
  expect(running.printed.filter((line) => /npm run .*token|^TOKEN=/.test(line))).toEqual([]);
  expect(running.printed).toContain(`# ${ISSUER}`);
  const offered = await fetch(`${running.info.url}/docs/token`);
  expect(await offered.json()).toEqual({ issuer: ISSUER });
  expect((await new Client(running.info.url, await aToken()).get(paths[0] ?? '')).status).toBe(401);
});
