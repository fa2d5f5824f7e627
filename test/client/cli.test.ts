/** Tests the command fielding-jobs from its arguments to its output, its files and its exit code. */
import { existsSync, linkSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { EXIT } from '../../client/cli/exit-codes.ts';
import { type JsonLine, jsonLine } from '../../client/cli/json-line.ts';
import { runCli } from '../../client/cli/run-job.ts';
import type { ClientDeps } from '../../client/client-deps.ts';
import { JOB_PROGRESS } from '../../api/header-names.ts';
import { ACTION_NAMES } from '../../src/domain/actions.ts';
import { makeIds } from '../support/builders.ts';
import { FakeApi, makeRefusal } from './fake-api.ts';
import { makeFakeDeps } from './fake-deps.ts';

const PROJECT = 'P'.repeat(26);

// Removes the settings of the person who runs the tests.
for (const name of Object.keys(process.env)) {
  if (name.startsWith('FIELDING_JOBS_')) Reflect.deleteProperty(process.env, name);
}

let api: FakeApi;
let folder: string;
let interruption: AbortController;

beforeEach(async () => {
  api = await FakeApi.listen();
  folder = mkdtempSync(join(tmpdir(), 'cli-'));
  interruption = new AbortController();
});
afterEach(async () => {
  await api.close();
  rmSync(folder, { recursive: true, force: true });
});

interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly lines: Line[];
}

async function runInProcess(
  args: readonly string[],
  {
    stdin = '',
    tty = false,
    deps = makeFakeDeps(),
  }: { stdin?: string | Readable; tty?: boolean; deps?: ClientDeps } = {},
): Promise<CommandResult> {
  let stdout = '';
  let stderr = '';
  const code = await runCli(args, {
    stdin: typeof stdin === 'string' ? Readable.from([Buffer.from(stdin)]) : stdin,
    stdout: { isTTY: tty, write: (text) => (stdout += text) },
    stderr: { isTTY: tty, write: (text) => (stderr += text) },
    deps,
    version: '1.2.3',
    interrupted: interruption.signal,
  });
  const lines = tty ? [] : stdout.split('\n').filter((line) => line.startsWith('{'));
  return { code, stdout, stderr, lines: lines.map((line) => jsonLine.parse(JSON.parse(line))).map(omitTime) };
}

/** A line without its time, which differs from run to run. */
type Line<L = JsonLine> = L extends JsonLine ? Omit<L, 'timestamp'> : never;
const omitTime = ({ timestamp: _, ...line }: JsonLine): Line => line;

const makeAccessArgs = () => ['--base-url', api.url, '--token', 'secret.token'];
const makeJobArgs = () => [...makeAccessArgs(), '--account', '101', '--project', PROJECT];

const filterByEvent = <E extends JsonLine['event']>(lines: Line[], event: E) =>
  lines.filter((line): line is Extract<Line, { event: E }> => line.event === event);

describe('a script', () => {
  test('gets lines for the plan, each accepted job, its progress and its end, and a summary', async () => {
    const some = makeIds(25);
    const [gone = '', draft = ''] = some;
    api.failing.set(gone, { code: 'TargetGroupNotFound', description: 'Not there.' });
    api.failing.set(draft, { code: 'StatusTransitionNotAllowed', description: 'In status draft.' });
    api.readsUntilEnd = 1;
    const output = join(folder, 'failures.csv');
    const args = [
      'pause',
      '--key',
      'k-1',
      '--max-per-job',
      '10',
      '--wait',
      '--output',
      output,
      ...makeJobArgs(),
    ];
    const { code, stderr, lines } = await runInProcess(args, { stdin: [...some, gone].join('\n') });

    expect(code).toBe(EXIT.someFailed);
    expect(stderr).toBe('');
    expect(lines[0]).toEqual({
      event: 'planned',
      key: 'k-1',
      action: 'pause',
      account: 101,
      project: PROJECT,
      jobs: 3,
      count: 25,
      duplicates: 1,
    });
    const accepted = filterByEvent(lines, 'accepted');
    expect(accepted.map(({ part, parts, count, replayed }) => [part, parts, count, replayed]).sort()).toEqual(
      [
        [1, 3, 9, false],
        [2, 3, 8, false],
        [3, 3, 8, false],
      ],
    );
    expect(new Set(accepted.map(({ key }) => key))).toEqual(new Set(api.jobs.keys()));
    expect(filterByEvent(lines, 'progress')).toHaveLength(3);
    expect(
      filterByEvent(lines, 'ended')
        .map(({ location }) => location)
        .sort(),
    ).toEqual(accepted.map(({ location }) => location).sort());
    expect(lines.at(-1)).toEqual({
      event: 'summary',
      jobs: 3,
      updated: 23,
      failed: 2,
      reasons: [
        { code: 'StatusTransitionNotAllowed', description: 'In status draft.', count: 1 },
        { code: 'TargetGroupNotFound', description: 'Not there.', count: 1 },
      ],
      output,
    });
    const rows = readFileSync(output, 'utf8').split('\r\n');
    expect(rows[0]).toBe('target_group_id,code,description');
    expect(rows.slice(1).sort()).toEqual(
      [
        '',
        `${draft},StatusTransitionNotAllowed,In status draft.`,
        `${gone},TargetGroupNotFound,Not there.`,
      ].sort(),
    );
  });

  test('can repeat the command: no job is created twice, and each is marked as replayed', async () => {
    const args = ['resume', ...makeIds(5), '--key', 'k', '--max-per-job', '2', ...makeJobArgs()];
    const first = await runInProcess(args);
    const second = await runInProcess(args);
    expect([first.code, second.code]).toEqual([0, 0]);
    expect(api.jobs.size).toBe(3);
    const omitReplayed = (lines: Line[]) =>
      filterByEvent(lines, 'accepted')
        .map(({ replayed: _, ...line }) => JSON.stringify(line))
        .sort();
    expect(omitReplayed(second.lines)).toEqual(omitReplayed(first.lines));
    expect(filterByEvent(second.lines, 'accepted').every(({ replayed }) => replayed)).toBe(true);
  });

  test('sees the generated key before any request is sent, when it gives none', async () => {
    api.faultFor = () => 'reset';
    const { code, stderr, lines } = await runInProcess([
      'resume',
      ...makeIds(1),
      '--retry-for',
      '0',
      ...makeJobArgs(),
    ]);
    const [plan] = filterByEvent(lines, 'planned');
    expect(plan?.key).toMatch(/^[0-9a-f-]{36}$/);
    expect(stderr).toMatch(new RegExp(`^to repeat this command: --key ${plan?.key ?? ''}\n`));
    expect(stderr).toContain(`Repeat the command with --key ${plan?.key ?? ''}: nothing is done twice.`);
    expect(code).toBe(EXIT.unreachable);
    expect(lines.at(-1)).toMatchObject({
      event: 'error',
      exit_code: 4,
      error: 'UnreachableError',
      key: plan?.key,
    });
  });

  test('gets the time of each line', async () => {
    const before = Date.now();
    const { stdout } = await runInProcess(['resume', ...makeIds(1), '--wait', ...makeJobArgs()]);
    const lines = stdout.trim().split('\n');
    expect(lines).toHaveLength(4);
    for (const line of lines) {
      const at = Date.parse(jsonLine.parse(JSON.parse(line)).timestamp);
      expect(at).toBeGreaterThanOrEqual(before);
      expect(at).toBeLessThanOrEqual(Date.now());
    }
  });

  test('gets a line of progress on stderr every ten seconds', async () => {
    api.readsUntilEnd = 12;
    const { stderr } = await runInProcess([
      'resume',
      ...makeIds(4),
      '--key',
      'k',
      '--wait',
      ...makeJobArgs(),
    ]);
    // The pauses between twelve reads grow from 250 ms to 5 s.
    const line = '0 %  0/4 target groups  0/1 jobs\n';
    expect(stderr).toBe(`${line}${line}100 %  4/4 target groups  1/1 jobs\n`);
  });

  test('sees one line for an outage, not one for each job and try', async () => {
    let outage = 60;
    api.faultFor = ({ method }) =>
      method === 'GET' && outage-- > 0
        ? { status: 503, body: { id: makeIds(1)[0], object: 'x', detail: `Down ${outage}.` } }
        : undefined;
    const args = ['resume', ...makeIds(9), '--key', 'k', '--max-per-job', '1', '--wait', ...makeJobArgs()];
    const { code, stderr } = await runInProcess([...args, '--retry-for', '9000']);
    expect(code).toBe(0);
    expect(stderr.match(/again in/g)).toHaveLength(1);
    expect(stderr).toMatch(/^job [0-9A-Z]{26}: answered 503: .*; again in \d+ s, for up to 9000 s\n/);
  });

  test('waits out an outage of an API that has answered, though it refuses connections', async () => {
    let calls = 0;
    const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    const deps = makeFakeDeps({
      fetch: (...args) =>
        ++calls === 2 ? Promise.reject(new TypeError('fetch failed', { cause: refused })) : fetch(...args),
    });
    const args = ['resume', ...makeIds(1), '--key', 'k', '--wait', ...makeJobArgs()];
    const { code, stderr } = await runInProcess(args, { deps });
    expect([code, stderr]).toEqual([0, expect.stringContaining('connect ECONNREFUSED; again in')]);
  });

  test('can use the file of failures as input', async () => {
    const some = makeIds(3);
    for (const id of some) api.failing.set(id, { code: 'InternalError', description: 'Later, maybe.' });
    const output = join(folder, 'failures.csv');
    const first = await runInProcess(['resume', ...some, '--wait', '--output', output, ...makeJobArgs()]);
    expect(first.code).toBe(EXIT.jobFailed);
    const second = await runInProcess(['resume', '--file', output, ...makeJobArgs()]);
    expect(filterByEvent(second.lines, 'planned')).toMatchObject([{ count: 3 }]);
  });

  test.each(ACTION_NAMES)('can %s target groups', async (action) => {
    expect((await runInProcess([action, ...makeIds(1), ...makeJobArgs()])).code).toBe(0);
    expect(api.requests[0]?.path).toMatch(
      new RegExp(`/batch-jobs/${action}-fielding-runs-by-target-group-id$`),
    );
  });
});

describe('a person at a terminal', () => {
  test('sees the jobs, a progress bar, and a table of the failures', async () => {
    const some = makeIds(21);
    const [a = '', b = '', c = ''] = some;
    api.failing.set(a, { code: 'StatusTransitionNotAllowed', description: 'A \u001b[31mreason.' });
    api.failing.set(b, { code: 'StatusTransitionNotAllowed', description: 'A \u001b[31mreason.' });
    api.failing.set(c, { code: 'TargetGroupNotFound', description: 'Not there.' });
    api.readsUntilEnd = 1;
    const args = ['resume', ...some, a, '--key', 'k-1', '--max-per-job', '20', '--wait', ...makeJobArgs()];
    const { code, stdout, stderr } = await runInProcess(args, { tty: true });
    expect(code).toBe(EXIT.someFailed);
    const shown = stdout.split('\n');
    expect(shown[0]).toBe('resume 21 target groups, 1 duplicate left out: 2 jobs, key k-1');
    expect(stdout).toMatch(/resume\/[0-9A-Z]{26}\n {2}job 1 of 2, 11 target groups\n/);
    expect(stdout).toMatch(/resume\/[0-9A-Z]{26}\n {2}Completed: \d+ updated, \d failed\n/);
    expect(stdout).toMatch(
      new RegExp(
        [
          '\n2 jobs ended: 18 target groups updated, 3 failed',
          ' {2}failed {2}code {24}description',
          ' {7}2 {2}StatusTransitionNotAllowed {2}A {2}\\[31mreason.',
          ' {7}1 {2}TargetGroupNotFound {9}Not there.\n$',
        ].join('\n'),
      ),
    );
    expect(stderr).toContain('[------------------------------] 0 %  0/21 target groups  0/2 jobs');
    expect(stderr).toContain('[##############################] 100 %  21/21 target groups  2/2 jobs');
    // The command clears the line of the progress bar at the end.
    expect(stderr.split('\r').at(-1)).toBe('\u001b[K');
  });

  test('sees how much time is left', async () => {
    let settled = 0;
    api.readsUntilEnd = 3;
    api.faultFor = ({ method, path }) => {
      if (method !== 'GET' || settled >= 30) return undefined;
      settled += 10;
      const job = {
        job_id: path.slice(-26),
        created_at: '2026-01-15T12:00:00.000Z',
        created_by: '0190a8f0-5b7e-7c3a-9d55-3f1b6a2c4e11',
        status: 'Processing',
        updated_target_groups: { data: [], has_more: false },
        failed_target_groups: { data: [], has_more: false },
      };
      return { status: 200, headers: { [JOB_PROGRESS]: `${settled}/40` }, body: job };
    };
    const { stderr } = await runInProcess(['resume', ...makeIds(40), '--wait', ...makeJobArgs()], {
      tty: true,
    });
    expect(stderr).toContain(' 25 %  10/40 target groups  0/1 jobs\r');
    // The second read came 250 ms after the first one, the third one 375 ms later.
    expect(stderr).toContain(' 50 %  20/40 target groups  0/1 jobs  1 s left');
  });

  test('sees why a request is sent again, and for how long', async () => {
    api.nextFaults.push({ status: 503, body: { message: 'Service Unavailable' } });
    const { code, stderr } = await runInProcess(['resume', ...makeIds(1), '--key', 'k', ...makeJobArgs()], {
      tty: true,
    });
    expect([code, stderr]).toEqual([
      0,
      'job: answered 503: Service Unavailable; again in 1 s, for up to 300 s\n',
    ]);
  });

  test('waits as it is told while there is too much open work, and sees why', async () => {
    api.nextFaults.push({
      ...makeRefusal(429, 'too_many_requests_error'),
      headers: { 'retry-after': '2' },
    });
    const { code, stderr } = await runInProcess(['resume', ...makeIds(1), '--key', 'k', ...makeJobArgs()]);
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /job: answered 429: Refused as too_many_requests_error\. \(error [0-9a-f-]{36}\); again in 2 s, for up to 300 s\n/,
    );
  });

  test('can ask for lines of JSON', async () => {
    const { stdout } = await runInProcess(['resume', ...makeIds(1), '--json', ...makeJobArgs()], {
      tty: true,
    });
    expect(
      stdout
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => jsonLine.parse(JSON.parse(line)).event),
    ).toEqual(['planned', 'accepted']);
  });

  test('sees a short error for a mistyped option, with the option that was probably meant', async () => {
    const { code, stdout, stderr } = await runInProcess(
      ['resume', ...makeIds(1), '--wiat', ...makeJobArgs()],
      {
        tty: true,
      },
    );
    expect([code, stdout, stderr]).toEqual([2, '', "unknown option '--wiat'\n(Did you mean --wait?)\n"]);
  });

  test('never sees the value of an unknown option, which may be a secret', async () => {
    for (const args of [
      ['--token=eyJsecret', 'resume', ...makeIds(1), ...makeJobArgs()],
      ['resume', "--client_secret=it's eyJsecret", ...makeIds(1), ...makeJobArgs()],
    ]) {
      const { code, stdout, stderr } = await runInProcess(args);
      expect(code).toBe(2);
      expect(stderr).toMatch(/^unknown option '--(token|client_secret)'/);
      expect(stdout + stderr).not.toContain('eyJsecret');
    }
  });

  test('gets help with examples and exit codes', async () => {
    for (const args of [['--help'], ['resume', '--help'], ['help', 'status'], ['status', '-h']]) {
      const { code, stdout, stderr } = await runInProcess(args, { tty: true });
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).toMatch(/Examples:\n(.*\n)*Exit codes:\n +0 {2}every job was accepted/);
    }
    expect(await runInProcess(['--version'])).toMatchObject({ code: 0, stdout: '1.2.3\n' });
    expect(api.requests).toEqual([]);
  });
});

describe('status', () => {
  async function aJob(): Promise<string> {
    const { lines } = await runInProcess(['resume', ...makeIds(4), ...makeJobArgs()]);
    return filterByEvent(lines, 'accepted')[0]?.location ?? '';
  }

  test('shows the progress of a job given by URL, path or id, and waits for its end with --wait', async () => {
    api.readsUntilEnd = 3;
    const location = await aJob();
    const jobId = location.slice(-26);
    const progress = { event: 'progress', location, settled: 0, total: 4 };
    expect((await runInProcess(['status', location, ...makeAccessArgs()])).lines).toEqual([progress]);
    expect((await runInProcess(['status', new URL(location).pathname, ...makeAccessArgs()])).lines).toEqual([
      progress,
    ]);
    expect((await runInProcess(['status', jobId, '--action', 'resume', ...makeJobArgs()])).lines).toEqual([
      progress,
    ]);
    const { code, lines } = await runInProcess(['status', location, '--wait', ...makeAccessArgs()]);
    expect(code).toBe(0);
    expect(lines.map(({ event }) => event)).toEqual(['ended', 'summary']);
  });

  test('shows a person both open and ended jobs', async () => {
    const ended = await aJob();
    api.readsUntilEnd = 3;
    const runs = await aJob();
    const { code, stdout } = await runInProcess(['status', ended, runs, ...makeAccessArgs()], { tty: true });
    expect(code).toBe(0);
    expect(stdout).toBe(
      `${ended}\n  Completed: 4 updated, 0 failed\n${runs}\n  runs, 0 of 4 target groups settled\n`,
    );
  });

  test('is refused for an unknown job, and sends no request to another origin', async () => {
    const path = `/demand/accounts/1/projects/${PROJECT}/batch-jobs/pause/${'J'.repeat(26)}`;
    expect((await runInProcess(['status', path, ...makeAccessArgs()])).code).toBe(EXIT.refused);
    expect(api.requests).toHaveLength(1);
    expect((await runInProcess(['status', `https://evil.example${path}`, ...makeAccessArgs()])).code).toBe(
      EXIT.badInput,
    );
    expect(api.requests).toHaveLength(1);
  });

  test('needs account, project and action with a bare job id', async () => {
    const { code, stderr } = await runInProcess(['status', 'J'.repeat(26), ...makeJobArgs()]);
    expect(code).toBe(EXIT.badInput);
    expect(stderr).toContain('expected --account, --project and --action with it');
  });
});

describe('the environment', () => {
  afterEach(() => {
    Reflect.deleteProperty(process.env, 'FIELDING_JOBS_TOKEN');
    Reflect.deleteProperty(process.env, 'FIELDING_JOBS_TOKEN_URL');
  });
  const makeArgsWithoutToken = () => ['--base-url', api.url, '--account', '101', '--project', PROJECT];

  test('fills in missing options, and a token option overrides the tokens in it', async () => {
    process.env['FIELDING_JOBS_TOKEN'] = 'from.the.environment';
    process.env['FIELDING_JOBS_TOKEN_URL'] = '';
    expect((await runInProcess(['resume', ...makeIds(1), ...makeArgsWithoutToken()])).code).toBe(0);
    process.env['FIELDING_JOBS_TOKEN_URL'] = `${api.url}/token`;
    expect((await runInProcess(['resume', ...makeIds(1), ...makeArgsWithoutToken()])).code).toBe(
      EXIT.badInput,
    );
    expect(
      (await runInProcess(['resume', ...makeIds(1), ...makeArgsWithoutToken(), '--token', 'from.an.option']))
        .code,
    ).toBe(0);
    expect(api.requests.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer from.the.environment',
      'Bearer from.an.option',
    ]);
  });
});

describe('advice', () => {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const makeToken = (payload: object) => `${encode({ alg: 'RS256' })}.${encode(payload)}.c2ln`;
  const HOUR = 3_600;

  test.each<[string, object, RegExp]>([
    [
      'an expired token, since when',
      { exp: Math.floor(Date.now() / 1_000) - 2 * HOUR },
      /The API refuses the token of --token or FIELDING_JOBS_TOKEN, which has expired at \d{4}-\S+Z, 2 h 0 min ago: get another\. Repeat the command with --key k/,
    ],
    ['a token of a later time', { nbf: 4e9 }, /which is not valid before 2096-\S+Z/],
    ['another token', { exp: 4e9 }, /It has not expired, but is of another issuer or for another API/],
  ])('names %s', async (_, payload, advice) => {
    api.faultFor = () => makeRefusal(401, 'authorization_error');
    const args = ['resume', ...makeIds(1), '--key', 'k', ...makeJobArgs(), '--token', makeToken(payload)];
    const { code, stderr } = await runInProcess(args);
    expect(code).toBe(EXIT.refused);
    expect(stderr).toMatch(advice);
  });

  test.each([
    [401, 'invalid_client', 'refuses the client id or the client secret'],
    [400, 'invalid_client', 'try --client-auth post'],
    [400, 'invalid_scope', 'check --scope (FIELDING_JOBS_SCOPE)'],
    [400, 'invalid_target', 'check --resource (FIELDING_JOBS_RESOURCE)'],
    [400, 'unauthorized_client', 'does not give this client tokens'],
  ])('names what the issuer refuses with %d %s', async (status, error, advice) => {
    api.nextFaults.push({ status, body: { error } });
    const args = ['--base-url', api.url, '--token-url', `${api.url}/token`, '--client-id', 'i'];
    const more = ['--client-secret', 's', '--account', '101', '--project', PROJECT, '--key', 'k'];
    const { code, stderr } = await runInProcess(['resume', ...makeIds(1), ...args, ...more]);
    expect([code, stderr]).toEqual([EXIT.refused, expect.stringContaining(advice)]);
    expect(stderr).not.toContain('The API refuses');
  });
});

test('missing settings are reported together, each with its variable', async () => {
  const { code, stderr } = await runInProcess(['resume', ...makeIds(1)]);
  expect(code).toBe(EXIT.badInput);
  const names = ['BASE_URL', 'TOKEN', 'ACCOUNT', 'PROJECT'];
  const lines = stderr.trim().split('\n');
  expect(lines).toHaveLength(names.length);
  for (const [i, name] of names.entries()) expect(lines[i]).toContain(`FIELDING_JOBS_${name}`);
});

describe('exit codes', () => {
  test.each<[string, () => string[], string]>([
    ['no command', () => [], 'no command'],
    ['an unknown command', () => ['resmue'], 'Did you mean resume?'],
    ['an option without its value', () => ['resume', '--file'], 'argument missing'],
    ['a bad id', () => ['resume', 'x', ...makeJobArgs()], 'id 1: found "x", expected'],
    ['a bad account', () => ['resume', ...makeJobArgs(), '--account', '0'], '--account: found "0", expected'],
    ['a bad project', () => ['resume', ...makeJobArgs(), '--project', 'p'], '--project: found "p", expected'],
    [
      'a bad key',
      () => ['resume', ...makeIds(1), ...makeJobArgs(), '--key', ' '],
      'key: found " ", expected',
    ],
    [
      'a bad limit',
      () => ['resume', ...makeIds(1), ...makeJobArgs(), '--max-per-job', '0'],
      '--max-per-job: found "0"',
    ],
    [
      'a bad time',
      () => ['resume', ...makeIds(1), ...makeJobArgs(), '--retry-for', '1m'],
      '--retry-for: found "1m"',
    ],
    ['no base URL', () => ['status', 'x', '--token', 't'], '--base-url: found nothing'],
    ['no token', () => ['status', 'x', '--base-url', api.url], '--token: found nothing'],
    [
      'two kinds of token',
      () => ['status', 'x', ...makeAccessArgs(), '--token-url', api.url],
      'expected one of both',
    ],
    [
      'incomplete client credentials',
      () => ['status', 'x', '--base-url', api.url, '--token-url', api.url],
      '--client-id: found nothing',
    ],
    [
      'an unknown client authentication',
      () => [
        'status',
        'x',
        '--base-url',
        api.url,
        '--token-url',
        api.url,
        '--client-auth',
        'digest',
        '--client-id',
        'i',
        '--client-secret',
        's',
      ],
      '--client-auth: found "digest", expected basic or post',
    ],
    [
      'a token that would be sent over plain HTTP',
      () => ['status', 'x', ...makeAccessArgs(), '--base-url', 'http://api.example'],
      'expected https',
    ],
    [
      'an output file without --wait',
      () => ['resume', ...makeIds(1), ...makeJobArgs(), '--output', 'x'],
      '--output: found no --wait',
    ],
    [
      'an output file in a missing folder',
      () => ['resume', ...makeIds(1), ...makeJobArgs(), '--wait', '--output', '/nowhere/x'],
      '--output /nowhere/x: ',
    ],
    [
      'an output file without a name',
      () => ['resume', ...makeIds(1), ...makeJobArgs(), '--wait', '--output', ''],
      '--output: found nothing',
    ],
    [
      'an output file that is a folder',
      () => ['resume', ...makeIds(1), ...makeJobArgs(), '--wait', '--output', folder],
      'expected a file or nothing',
    ],
  ])('%s exits with 2, and no request is sent', async (_, args, message) => {
    const { code, stderr, lines } = await runInProcess(args());
    expect({ code, stderr }).toEqual({ code: EXIT.badInput, stderr: expect.stringContaining(message) });
    expect(stderr).not.toContain('secret.token');
    expect(lines).toMatchObject([
      { event: 'error', exit_code: 2, error: expect.stringMatching(/Error$/), key: null },
    ]);
    expect(api.requests).toEqual([]);
  });

  test('a refusal exits with 3, and the message says what to do', async () => {
    await runInProcess(['resume', ...makeIds(2), '--key', 'k', ...makeJobArgs()]);
    const reused = await runInProcess(['resume', ...makeIds(2), '--key', 'k', ...makeJobArgs()]);
    expect(reused.code).toBe(EXIT.refused);
    expect(reused.stderr).toContain('The key was used for other target groups');
    api.nextFaults.push(makeRefusal(401, 'authorization_error'));
    const expired = await runInProcess(['resume', ...makeIds(2), '--key', 'k2', ...makeJobArgs()]);
    expect(expired.code).toBe(EXIT.refused);
    expect(expired.stderr).toContain('get another. Repeat the command with --key k2');
    api.nextFaults.push(
      makeRefusal(400, 'bad_request_error', [{ name: 'target_group_ids', reason: 'expected 1 to 1' }]),
    );
    const tooMany = await runInProcess(['resume', ...makeIds(2), '--key', 'k3', ...makeJobArgs()]);
    expect(tooMany.stderr).toContain('--max-per-job');
  });

  test('an answer that is not of this API exits with 6', async () => {
    api.nextFaults.push({ status: 200, body: '<html>' });
    const { code, lines } = await runInProcess(['resume', ...makeIds(2), ...makeJobArgs()]);
    expect(code).toBe(EXIT.other);
    expect(lines.at(-1)).toMatchObject({ error: 'UnexpectedAnswerError' });
  });

  test('a failed job exits with 5, also beside a completed one', async () => {
    const [a = '', b = ''] = makeIds(2);
    api.failing.set(a, { code: 'InternalError', description: 'x' });
    api.failing.set(b, { code: 'TargetGroupNotFound', description: 'x' });
    const { code } = await runInProcess(['resume', a, b, '--max-per-job', '1', '--wait', ...makeJobArgs()]);
    expect(code).toBe(EXIT.jobFailed);
  });

  test('an interruption while the command waits for standard input exits with 130', async () => {
    const stdin = new Readable({
      read: () => {
        interruption.abort();
      },
    });
    const ran = await runInProcess(['resume', ...makeJobArgs()], { stdin });
    expect(ran).toMatchObject({ code: EXIT.interrupted, stderr: 'interrupted\n' });
    expect(api.requests).toEqual([]);
  });

  test('an interruption while the jobs run exits with 130, and says how to follow them and which key to repeat', async () => {
    api.readsUntilEnd = 5;
    api.faultFor = ({ method }) => {
      if (method === 'GET') interruption.abort();
      return undefined;
    };
    const { code, stderr } = await runInProcess([
      'resume',
      ...makeIds(2),
      '--key',
      'k',
      '--wait',
      ...makeJobArgs(),
    ]);
    expect(code).toBe(EXIT.interrupted);
    expect(stderr).toMatch(
      new RegExp(
        `^interrupted\nThe job goes on. To follow: fielding-jobs status --wait --base-url ${api.url} ${api.url}/\\S+\n` +
          'Repeat the command with --key k: nothing is done twice.\n$',
      ),
    );
  });
});

describe('the file of failures', () => {
  test('is safe to open in a spreadsheet, and replaces an older file as a whole', async () => {
    const some = makeIds(3);
    const texts = ['=HYPERLINK("http://evil.example")', '+1', 'a "quoted", text\nof two lines'];
    some.forEach((id, i) =>
      api.failing.set(id, { code: 'TargetGroupNotFound', description: texts[i] ?? '' }),
    );
    const output = join(folder, 'failures.csv');
    const old = join(folder, 'old.csv');
    writeFileSync(old, 'old');
    linkSync(old, output);
    await runInProcess(['resume', ...some, '--wait', '--output', output, ...makeJobArgs()]);
    const rows = [
      'target_group_id,code,description',
      `${some[0] ?? ''},TargetGroupNotFound,"'=HYPERLINK(""http://evil.example"")"`,
      `${some[1] ?? ''},TargetGroupNotFound,'+1`,
      `${some[2] ?? ''},TargetGroupNotFound,"a ""quoted"", text\nof two lines"`,
      '',
    ];
    expect(readFileSync(output, 'utf8')).toBe(rows.join('\r\n'));
    // The old file keeps its content under its other name: it was replaced, not overwritten.
    expect(readFileSync(old, 'utf8')).toBe('old');
    expect(readdirSync(folder).sort()).toEqual(['failures.csv', 'old.csv']);
  });

  test('holds only its header when nothing failed, and is not written when following the jobs fails', async () => {
    const output = join(folder, 'failures.csv');
    api.faultFor = ({ method }) => (method === 'GET' ? makeRefusal(403, 'authorization_error') : undefined);
    const args = ['resume', ...makeIds(1), '--key', 'k', '--wait', '--output', output, ...makeJobArgs()];
    expect((await runInProcess(args)).code).toBe(EXIT.refused);
    expect(existsSync(output)).toBe(false);
    api.faultFor = () => undefined;
    expect((await runInProcess(args.with(1, makeIds(1)[0] ?? '').with(3, 'k2'))).code).toBe(0);
    expect(readFileSync(output, 'utf8')).toBe('target_group_id,code,description\r\n');
  });
});
