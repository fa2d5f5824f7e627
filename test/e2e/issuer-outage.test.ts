/** Tests a stack of its own whose issuer adds keys, fails and returns, while functions start too (ADR 19). */
import { setTimeout as pause } from 'node:timers/promises';
import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { makeFieldingRunsPath, makeJobPath } from '../../api/paths.ts';
import { computeKeySetId } from '../../src/domain/key-set.ts';
import type { Tenant } from '../../src/domain/ids.ts';
import { hangUp, keepSilent, makeJsonAnswer } from '../../tools/kit/http-server.ts';
import { type LocalStack, startLocalStack } from '../../tools/local/local-stack.ts';
import { anId } from '../support/builders.ts';
import { type Answer, Client, readError } from '../support/api-client.ts';
import { aProject, findName, makeDynamoDBClient, scanTable } from '../support/e2e.ts';
import { makeGoodClaims } from '../support/forge-token.ts';
import { TestIssuer } from '../support/test-issuer.ts';
import { waitUntil } from '../support/wait-until.ts';

const HTTP_FUNCTIONS = ['CreateJob', 'GetJob', 'GetFieldingRuns'];
const MAX_AGE_HOURS = 24;
const HOUR_MS = 3_600_000;

let issuer: TestIssuer;
let stack: LocalStack;
let tenant: Tenant;
let ids: string[];
/** The log lines of the functions. */
const lines: string[] = [];
/** Whether the next invocations are killed at once. */
let killing = false;

beforeAll(async () => {
  issuer = await TestIssuer.start();
  await issuer.addKey('k1');
  stack = await startLocalStack({
    // Without `jwksUrl`: the functions find the keys by the issuer's discovery document.
    context: {
      issuer: issuer.issuer,
      keySetMaxAgeHours: MAX_AGE_HOURS,
      audience: makeGoodClaims({})['aud'],
      stackName: `Issuer${process.pid}`,
    },
    killAfterMs: () => (killing ? 0 : undefined),
    log: (entry) => {
      if (entry.kind === 'function') lines.push(entry.text);
    },
  });
  ({ tenant, ids } = await aProject(stack, [{}]));
});
afterAll(async () => {
  await stack.stop();
  await issuer.stop();
});

/** Sends a token signed with the key `kid` to each function that verifies tokens. */
async function requestWithKey(kid: string): Promise<Answer[]> {
  const client = new Client(stack.url, await issuer.sign(kid, makeGoodClaims({ iss: issuer.issuer })));
  return Promise.all([
    client.create(tenant, []),
    client.get(makeJobPath(tenant, 'resume', anId('J'))),
    client.get(makeFieldingRunsPath(tenant, ids[0] ?? '')),
  ]);
}

/** The statuses for an accepted token: the body is refused, the job does not exist, the fielding run does. */
const ACCEPTED = [400, 404, 200];
const UNAVAILABLE = [503, 503, 503];
const readStatuses = async (kid: string) => (await requestWithKey(kid)).map(({ status }) => status);

/** Waits until the functions have fetched the keys again, which they do every five seconds at most. */
async function waitUntilAccepted(kid: string): Promise<void> {
  while ((await readStatuses(kid)).some((status, i) => status !== ACCEPTED[i])) await pause(500);
}

/** Ends the instances of the functions, so that the next requests start new ones. */
async function endInstances(): Promise<void> {
  killing = true;
  for (const name of HTTP_FUNCTIONS) {
    const [id = ''] = Object.keys(stack.functions).filter((each) => each.startsWith(`Functions${name}`));
    // An invocation may fail before it is killed, because its event is no request.
    await waitUntil(async () => {
      const result = await stack.invoke(id, {});
      return !result.ok && result.error.errorType === 'Runtime.Terminated';
    });
  }
  killing = false;
}

const countLines = (event: string) => lines.filter((line) => line.includes(`"${event}"`)).length;

const readStoredTimes = async () =>
  (await scanTable(stack, 'KeySets')).map((item) => item['fetched_at'] as number);

/** Makes the stored keys look as if they had been fetched earlier. */
async function ageStoredKeys(ms: number): Promise<void> {
  const [fetchedAt = 0] = await readStoredTimes();
  const client = makeDynamoDBClient(stack);
  await client.send(
    new UpdateItemCommand({
      TableName: findName(stack.tables, 'KeySets'),
      Key: marshall({ id: computeKeySetId({ issuer: issuer.issuer }) }),
      UpdateExpression: 'SET fetched_at = :at',
      ExpressionAttributeValues: marshall({ ':at': fetchedAt - ms }),
    }),
  );
  client.destroy();
}

test('without any keys the answer is 503, and a token that cannot pass is a 401', async () => {
  issuer.answer = hangUp;
  for (const answer of await requestWithKey('k1')) {
    expect(answer.status).toBe(503);
    expect(readError(answer).object).toBe('service_unavailable_error');
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(5);
    expect(Number(answer.headers.get('retry-after'))).toBeLessThanOrEqual(15);
  }
  issuer.answer = () => ({ status: 200, body: '<html>maintenance</html>' });
  expect(await readStatuses('k1')).toEqual(UNAVAILABLE);
  issuer.answer = () => makeJsonAnswer({ issuer: 'https://other.test/', jwks_uri: issuer.url });
  expect(await readStatuses('k1')).toEqual(UNAVAILABLE);

  const expired = await issuer.sign('k1', makeGoodClaims({ iss: issuer.issuer, exp: 1_000_000_000 }));
  const answer = await new Client(stack.url, expired).get(makeJobPath(tenant, 'resume', anId('J')));
  expect(answer.status).toBe(401);

  issuer.answer = undefined;
  await waitUntilAccepted('k1');
});

test('new keys are accepted, known keys survive an outage, and a new key is a 503 until it is over', async () => {
  await issuer.addKey('k2');
  await waitUntilAccepted('k2');
  expect(await readStatuses('k1')).toEqual(ACCEPTED);

  // A key that the issuer does not have is refused while it answers.
  await issuer.addKey('k3');
  const other = await issuer.sign('k3', makeGoodClaims({ iss: issuer.issuer }));
  issuer.withdrawKey('k3');
  const get = () => new Client(stack.url, other).get(makeJobPath(tenant, 'resume', anId('J')));
  expect((await get()).status).toBe(401);

  await issuer.addKey('k3');
  issuer.answer = keepSilent;
  const { requestCount: asked } = issuer;
  while (issuer.requestCount < asked + HTTP_FUNCTIONS.length) {
    await requestWithKey('k3');
    await pause(200);
  }
  expect(await readStatuses('k3')).toEqual(UNAVAILABLE);
  expect(await readStatuses('k2')).toEqual(ACCEPTED);
  await issuer.stop();
  expect(await readStatuses('k1')).toEqual(ACCEPTED);
  expect(await readStatuses('k3')).toEqual(UNAVAILABLE);

  await issuer.restart();
  await waitUntilAccepted('k3');
});

test('functions that start during an outage take the stored keys, until these are too old', async () => {
  await stack.runSchedules();
  expect(await scanTable(stack, 'KeySets')).toMatchObject([
    { id: computeKeySetId({ issuer: issuer.issuer }), issuer: issuer.issuer, format: 1 },
  ]);

  await issuer.stop();
  await endInstances();
  expect(await readStatuses('k3')).toEqual(ACCEPTED);
  expect(countLines('key-set.restored')).toBe(3);
  // The outage leaves the stored keys as they are.
  const [before] = await readStoredTimes();
  await stack.runSchedules();
  expect(countLines('key-set.not-renewed')).toBe(1);
  expect(await readStoredTimes()).toEqual([before]);

  await ageStoredKeys(MAX_AGE_HOURS * HOUR_MS);
  // Those that run took the keys before, and know when they were fetched.
  expect(await readStatuses('k3')).toEqual(ACCEPTED);
  await endInstances();
  expect(await readStatuses('k3')).toEqual(UNAVAILABLE);

  await issuer.restart();
  await waitUntilAccepted('k3');
  await stack.runSchedules();
  expect((await readStoredTimes())[0]).toBeGreaterThan(before ?? Infinity);
});
