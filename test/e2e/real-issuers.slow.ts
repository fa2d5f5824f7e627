/**
 * Tests a stack of its own with an issuer that others have written, of which it knows the name and the
 * audience: client credentials by our client, a key that is new while jobs are created, and an issuer that is
 * down and up again.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { FieldingJobs } from '../../client/index.ts';
import { computeKeySetId } from '../../src/domain/key-set.ts';
import { type LocalStack, startLocalStack } from '../../tools/local/local-stack.ts';
import { formatWelcome } from '../../tools/local/welcome.ts';
import { aProject, scanTable } from '../support/e2e.ts';
import { AUDIENCE, CLIENT, type IssuerName, RealIssuer } from '../support/real-issuer.ts';

/** Shortest time between two fetches for a token with an unknown key. */
const LOOK_AGAIN_MS = 5_000;

describe.each<IssuerName>(['oidc-provider', 'oauth2-mock-server'])('%s as the issuer', (name) => {
  let issuer: RealIssuer;
  let stack: LocalStack;

  beforeAll(async () => {
    issuer = await RealIssuer.start(name);
    const stackName = `Real${name.replaceAll('-', '')}${process.pid}`;
    stack = await startLocalStack({ context: { issuer: issuer.issuer, audience: AUDIENCE, stackName } });
  });
  afterAll(async () => {
    await stack.stop();
    await issuer.end();
  });

  /** Makes a client without a token. */
  const makeClient = () =>
    new FieldingJobs({
      baseUrl: stack.url,
      token: {
        ...CLIENT,
        tokenUrl: issuer.tokenUrl,
        scope: 'batch-jobs:read batch-jobs:write',
        audience: AUDIENCE,
      },
    });

  async function runJob(client: FieldingJobs): Promise<string> {
    const { tenant, ids } = await aProject(stack, [{}]);
    const [job] = await client.create({
      account: tenant.accountId,
      project: tenant.projectId,
      action: 'resume',
      ids,
    });
    const [end] = await client.wait([job?.location ?? '']);
    return `${end?.status}: ${end?.updated}`;
  }

  test('a client fetches a token by client credentials, and its job ends', async () => {
    expect(await runJob(makeClient())).toBe('Completed: 1');
  });

  test('a key that is new while jobs are created refuses no job', async () => {
    const creating = Promise.all(
      Array.from({ length: 4 }, async (_, i) => {
        await pause(i * 200);
        return runJob(makeClient());
      }),
    );
    await issuer.command('rotate');
    expect(await creating).toEqual(Array(4).fill('Completed: 1'));
    expect(await Promise.all([runJob(makeClient()), runJob(makeClient())])).toEqual([
      'Completed: 1',
      'Completed: 1',
    ]);
  });

  test('while it is down, jobs are created with tokens that it gave; and with new keys when it is up', async () => {
    await stack.runSchedules();
    expect(await scanTable(stack, 'KeySets')).toMatchObject([
      { id: computeKeySetId({ issuer: issuer.issuer }), issuer: issuer.issuer },
    ]);
    const client = makeClient();
    expect(await runJob(client)).toBe('Completed: 1');
    await issuer.command('stop');
    expect(await runJob(client)).toBe('Completed: 1');
    // More at once than there are instances: some start now, with the stored keys.
    expect(await Promise.all(Array.from({ length: 8 }, () => runJob(client)))).toEqual(
      Array(8).fill('Completed: 1'),
    );

    await issuer.command('rotate');
    await issuer.command('restart');
    // An instance that has just asked for the key before would refuse the next one that nobody knows.
    await pause(LOOK_AGAIN_MS);
    expect(await runJob(makeClient())).toBe('Completed: 1');
  });

  test('no token is offered that the stack would refuse', async () => {
    const answer = await fetch(`${stack.url}/docs/token`);
    expect(await answer.json()).toEqual({ issuer: issuer.issuer });
    const welcome = formatWelcome(stack, stack.sample, stack.foreignIssuer);
    expect(welcome).toContain(`# ${issuer.issuer}\n`);
    expect(welcome).not.toContain('npm run');
    expect(formatWelcome(stack, stack.sample, undefined)).toContain('npm run --silent token');
  });
});
