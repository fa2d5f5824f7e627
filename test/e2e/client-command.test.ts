/** Tests the installed command fielding-jobs on the running local stack, also killed and repeated. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { makeFieldingRunsPath } from '../../api/paths.ts';
import { PROJECT } from '../../tools/kit/project.ts';
import type { JsonLine } from '../../client/cli/json-line.ts';
import type { Tenant } from '../../src/domain/ids.ts';
import { makeJsonAnswer, keepSilent } from '../../tools/kit/http-server.ts';
import { BuiltClient } from '../support/built-client.ts';
import { anId, makeIds as newIds } from '../support/builders.ts';
import { aToken, Client } from '../support/api-client.ts';
import { aProject, damageTargetGroup, readE2eStack, scanTable } from '../support/e2e.ts';
import { type WatchedStack, watchStack } from '../rigs/conformance/watched-stack.ts';
import { StandIn } from '../support/stand-in.ts';

const stack = readE2eStack();

let client: BuiltClient;
let watched: WatchedStack;
let token: string;
beforeAll(async () => {
  client = BuiltClient.build();
  watched = await watchStack(stack.url);
  token = await aToken();
});
afterAll(async () => {
  await watched.close();
  client.remove();
});

const standIns: StandIn[] = [];
const proxies: WatchedStack[] = [];
afterEach(async () => {
  await Promise.all([...standIns.splice(0), ...proxies].map((each) => each.close()));
  const complaints = [watched, ...proxies.splice(0)].flatMap((each) => each.report().complaints);
  expect(complaints).toEqual([]);
});

async function startStandIn(respond: StandIn['respond']): Promise<StandIn> {
  const server = await new StandIn(respond).listen();
  standIns.push(server);
  return server;
}

/**
 * Starts a proxy in front of the stack and returns its URL. `onAnswer` is called with the number of each
 * answer, from 1, and may keep the answer from the client.
 */
async function startProxy(onAnswer: (answers: number) => 'pass' | 'keep'): Promise<string> {
  const between = await watchStack(stack.url, onAnswer);
  proxies.push(between);
  return between.url;
}

const makeJobArgs = ({ accountId, projectId }: Tenant, url = watched.url) => [
  ...['--base-url', url, '--account', String(accountId), '--project', projectId],
];

const makeEnv = () => ({ FIELDING_JOBS_TOKEN: token });

const filterByEvent = <E extends JsonLine['event']>(lines: JsonLine[], event: E) =>
  lines.filter((line): line is Extract<JsonLine, { event: E }> => line.event === event);

async function listJobs({ accountId, projectId }: Tenant): Promise<string[]> {
  const partitions = (await scanTable(stack, 'Jobs')).map(({ pk }) => String(pk));
  return [...new Set(partitions)].filter((pk) => pk.startsWith(`${accountId}#${projectId}#`));
}

describe('a command that is killed and repeated', () => {
  test('creates each of its jobs once and moves each target group once', async () => {
    const { tenant, ids } = await aProject(stack, Array<object>(24).fill({}));
    const args = (url: string) => [
      ...['resume', '--key', 'killed', '--max-per-job', '4', '--wait'],
      ...makeJobArgs(tenant, url),
    ];
    // Kills one before its first answer, one in the middle, and one while it waits for the jobs.
    for (const deadly of [1, 4, 8]) {
      let kill: () => void = () => undefined;
      const url = await startProxy((answers) => {
        if (answers < deadly) return 'pass';
        kill();
        return 'keep';
      });
      const killed = await client.run(args(url), {
        stdin: ids.join('\n'),
        env: makeEnv(),
        onStart: (child) => {
          kill = () => child.kill('SIGKILL');
        },
      });
      expect(killed.code).toBe(null);
      expect(filterByEvent(killed.lines, 'summary')).toEqual([]);
    }
    const last = await client.run(args(watched.url), {
      stdin: [...ids].reverse().join('\n'),
      env: makeEnv(),
    });

    expect({ code: last.code, stderr: last.stderr }).toEqual({ code: 0, stderr: '' });
    expect(filterByEvent(last.lines, 'summary')).toMatchObject([{ jobs: 6, updated: 24, failed: 0 }]);
    const accepted = filterByEvent(last.lines, 'accepted');
    expect(accepted.filter(({ replayed }) => replayed).length).toBe(6);
    const jobs = await listJobs(tenant);
    expect(jobs).toHaveLength(6);
    expect(new Set(accepted.map(({ job_id }) => job_id)).size).toBe(6);
    const reader = await Client.signIn(stack.url);
    for (const id of ids) {
      const { text } = await reader.get(makeFieldingRunsPath(tenant, id));
      expect(JSON.parse(text)).toMatchObject({ data: [{ status: 'live', version: 4 }] });
    }
  });

  test('is refused with another set under its key, before any job is created', async () => {
    const { tenant, ids } = await aProject(stack, Array<object>(40).fill({}));
    const run = (some: readonly string[]) =>
      client.run(['resume', '--key', 'k', '--max-per-job', '12', ...makeJobArgs(tenant)], {
        stdin: some.join('\n'),
        env: makeEnv(),
      });
    expect((await run(ids.slice(0, 36))).code).toBe(0);
    const grown = await run(ids);
    expect(grown.code).toBe(3);
    expect(grown.stderr).toMatch(
      /^job 1 of 4: refused with 400: The idempotency key was used before, .*\nThe key was used for other/,
    );
    expect(await listJobs(tenant)).toHaveLength(3);
  });
});

describe('exit codes', () => {
  test('0, 1 and 5 show how the jobs ended', async () => {
    const { tenant, ids } = await aProject(stack, [{}, {}, { status: 'draft' }]);
    const [good = '', damaged = '', draft = ''] = ids;
    await damageTargetGroup(stack, tenant, damaged);
    const run = (...some: string[]) =>
      client.run(['resume', ...some, '--wait', '--output', 'failures.csv', ...makeJobArgs(tenant)], {
        env: makeEnv(),
      });
    expect((await run(good)).code).toBe(0);
    const failing = await run(good, draft);
    expect(failing.code).toBe(1);
    expect(readFileSync(join(client.folder, 'failures.csv'), 'utf8')).toBe(
      `target_group_id,code,description\r\n${draft},StatusTransitionNotAllowed,A fielding run in status draft cannot be resumed.\r\n`,
    );
    const failed = await run(good, draft, damaged);
    expect(failed.code).toBe(5);
    expect(filterByEvent(failed.lines, 'ended')).toMatchObject([{ status: 'Failed', updated: 1, failed: 2 }]);
    const [job] = filterByEvent(failed.lines, 'accepted');
    expect(
      (
        await client.run(['status', job?.location ?? '', '--base-url', `${watched.url}/v1`], {
          env: makeEnv(),
        })
      ).code,
    ).toBe(5);
  });

  test('3 means that the API refused the request, which is not repeated', async () => {
    const { tenant } = await aProject(stack);
    const elsewhere = { ...tenant, projectId: anId('NONE') };
    const readOnly = await aToken({ scope: 'batch-jobs:read' });
    for (const [owner, bearer, status] of [
      [tenant, 'no.such.token', 401],
      [tenant, readOnly, 403],
      [{ ...tenant, accountId: 102 }, token, 403],
      [elsewhere, token, 404],
    ] as const) {
      let requests = 0;
      const url = await startProxy((answers) => {
        requests = answers;
        return 'pass';
      });
      const ran = await client.run(['pause', ...newIds(1), ...makeJobArgs(owner, url)], {
        env: { FIELDING_JOBS_TOKEN: bearer },
      });
      expect(ran.code).toBe(3);
      expect(ran.stderr).toContain(`refused with ${status}: `);
      expect(ran.stderr + ran.stdout).not.toContain(bearer);
      expect(requests).toBe(1);
    }
    expect(await listJobs(elsewhere)).toEqual([]);
  });

  test('2 means a bad command, 4 an unreachable API, and 6 an answer of another server', async () => {
    const { tenant } = await aProject(stack);
    const run = (url: string, ...args: string[]) =>
      client.run(['launch', ...newIds(1), '--retry-for', '0', ...makeJobArgs(tenant, url), ...args], {
        env: makeEnv(),
      });
    expect((await run(watched.url, '--projekt', 'x')).stderr).toBe(
      "unknown option '--projekt'\n(Did you mean --project?)\n",
    );
    expect((await run(watched.url, '--projekt', 'x')).code).toBe(2);
    const closed = await startStandIn(keepSilent);
    await closed.close();
    const unreachable = await run(closed.url);
    expect(unreachable.code).toBe(4);
    expect(unreachable.stderr).toMatch(/given up after 1 attempt: .*ECONNREFUSED/);
    const other = await startStandIn(() => ({ status: 200, body: '<html>' }));
    expect((await run(other.url)).code).toBe(6);
  });

  test('130 means an interruption: the message names the key, and the jobs go on', async () => {
    const { tenant, ids } = await aProject(stack, [{}]);
    let interrupt: () => void = () => undefined;
    const url = await startProxy((answers) => {
      if (answers === 1) return 'pass';
      interrupt();
      return 'keep';
    });
    const ran = await client.run(['resume', ...ids, '--key', 'int', '--wait', ...makeJobArgs(tenant, url)], {
      env: makeEnv(),
      onStart: (child) => {
        interrupt = () => child.kill('SIGINT');
      },
    });
    expect(ran.code).toBe(130);
    const [interrupted, goesOn, ...rest] = ran.stderr.split('\n');
    expect(interrupted).toBe('interrupted');
    expect(goesOn).toMatch(
      new RegExp(
        `^The job goes on\\. To follow: fielding-jobs status --wait --base-url ${url} ${url}/demand/`,
      ),
    );
    expect(rest).toEqual(['Repeat the command with --key int: nothing is done twice.', '']);
    const again = await client.run(['resume', ...ids, '--key', 'int', '--wait', ...makeJobArgs(tenant)], {
      env: makeEnv(),
    });
    expect(filterByEvent(again.lines, 'summary')).toMatchObject([{ updated: 1 }]);
  });
});

test('the command goes on when the reader of its output stops reading', async () => {
  const { tenant, ids } = await aProject(stack, Array<object>(20).fill({}));
  const args = ['resume', '--max-per-job', '2', '--key', 'head', ...makeJobArgs(tenant)].map(
    (arg) => `'${arg}'`,
  );
  const script = `set -o pipefail; fielding-jobs ${args.join(' ')} | head -n 1 | sed 's/,.*//'`;
  const { code, stdout } = await client.spawn('bash', ['-c', script], {
    stdin: ids.join('\n'),
    env: makeEnv(),
  });
  expect([code, stdout]).toEqual([0, '{"event":"planned"\n']);
  expect(await listJobs(tenant)).toHaveLength(10);
});

test('with client credentials the command fetches a token, and another one when it has expired', async () => {
  const { tenant, ids } = await aProject(stack, [{}, {}, {}]);
  const issuer = await startStandIn(async () => {
    // The first token has already expired when the API verifies it.
    const access_token = await aToken({ ttlSeconds: issuer.requests.length === 1 ? -600 : 600 });
    return makeJsonAnswer({ access_token, token_type: 'Bearer', expires_in: 600 });
  });
  const ran = await client.run(['resume', ...ids, '--wait', ...makeJobArgs(tenant)], {
    env: {
      FIELDING_JOBS_TOKEN_URL: `${issuer.url}/token`,
      FIELDING_JOBS_CLIENT_ID: 'me',
      FIELDING_JOBS_CLIENT_SECRET: 'secret',
    },
  });
  expect(filterByEvent(ran.lines, 'summary')).toMatchObject([{ updated: 3 }]);
  expect(ran.code).toBe(0);
  const asked = issuer.requests.map(({ headers }) => headers.authorization);
  expect(asked).toEqual(Array(2).fill(`Basic ${Buffer.from('me:secret').toString('base64')}`));
});

test('every command of docs/client.md works as written', async () => {
  const text = readFileSync(join(PROJECT, 'docs/client.md'), 'utf8');
  const blocks = [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => block);
  expect(blocks.length).toBeGreaterThan(3);
  // Runs them in one shell, as a reader does; the first command that fails ends it.
  const ran = await client.spawn('bash', ['-c', `set -euo pipefail\n${blocks.join('\n')}`], {
    env: { API: watched.url, TOKEN: token, npm_config_offline: 'true' },
  });
  expect({
    code: ran.code,
    stderr: ran.stderr.replaceAll(/^to repeat this command: --key \S+\n/gm, ''),
  }).toEqual({
    code: 0,
    stderr: '',
  });
  expect(ran.stdout).toContain('exit code 1');
  expect(filterByEvent(ran.lines, 'summary').length).toBeGreaterThanOrEqual(3);
});
