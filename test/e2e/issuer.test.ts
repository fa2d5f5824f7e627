/** Tests a stack of its own whose issuer adds keys, fails and comes back (ADR 19). */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { fieldingRunsPath, jobPath } from '../../api/paths.ts';
import { hangUp, keepSilent } from '../../tools/kit/http-server.ts';
import { anId } from '../support/builders.ts';
import { type Answer, Client, errorOf } from '../support/client.ts';
import { aProject } from '../support/e2e.ts';
import { goodClaims } from '../support/forge.ts';
import { type RunningStack, startStack } from '../support/local-stack.ts';
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
  paths = [fieldingRunsPath(tenant, ids[0] ?? ''), jobPath(tenant, 'resume', anId('J'))];
});
afterAll(async () => {
  await running.stop();
  await issuer.stop();
});

/** Sends a token signed with the key `kid` to each function that reads. */
async function answersTo(kid: string): Promise<Answer[]> {
  const token = await issuer.sign(kid, goodClaims({ iss: ISSUER }));
  return Promise.all(paths.map((path) => new Client(running.info.url, token).get(path)));
}

/** The statuses for an accepted token: the fielding run exists, the job does not. */
const LET_IN = [200, 404];
const statuses = async (kid: string) => (await answersTo(kid)).map(({ status }) => status);

/** Waits until the functions have fetched the keys again, which they do every five seconds at most. */
async function untilLetIn(kid: string): Promise<void> {
  while ((await statuses(kid)).some((status, i) => status !== LET_IN[i])) await pause(500);
}

test('new keys are accepted, known keys survive an outage of the issuer, and unknown keys are refused', async () => {
  // The issuer is down before the functions have any key: every token gets a 401, not a 500.
  issuer.answer = hangUp;
  expect(await statuses('k1')).toEqual([401, 401]);
  issuer.answer = () => ({ status: 200, body: '<html>maintenance</html>' });
  expect(await statuses('k1')).toEqual([401, 401]);

  issuer.answer = undefined;
  await untilLetIn('k1');

  await issuer.addKey('k2');
  await untilLetIn('k2');
  expect(await statuses('k1')).toEqual(LET_IN);

  // The issuer hangs, then stops listening: known keys still work, and a new one gets the contract's 401.
  await issuer.addKey('k3');
  issuer.answer = keepSilent;
  const { asked } = issuer;
  while (issuer.asked < asked + paths.length) {
    for (const answer of await answersTo('k3')) {
      expect(answer.status).toBe(401);
      expect(errorOf(answer).object).toBe('authorization_error');
    }
    await pause(200);
  }
  expect(await statuses('k2')).toEqual(LET_IN);
  await issuer.stop();
  expect(await statuses('k1')).toEqual(LET_IN);
  expect(await statuses('k3')).toEqual([401, 401]);

  await issuer.restart();
  await untilLetIn('k3');
});
