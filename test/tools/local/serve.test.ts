/** Tests the program of `npm start` with the real app: its printed requests work, and Ctrl-C ends it. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { PROJECT } from '../../../tools/kit/project.ts';
import { BUNDLES_VARIABLE } from '../../../tools/local/synth.ts';

const START_MILLISECONDS = 120_000;

const PROJECT_ID = 'PR0JECT0000000000000000001';
const GROUPS = [1, 2, 3, 4].map((n) => `TARGETGR0VP00000000000000${n}`);

let folder = '';
let child: ChildProcess;
const printed: string[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'serve-'));
  const tenant = { account_id: 7, project_id: PROJECT_ID };
  const fielding = { start_fielding_at: '2026-01-01T00:00:00Z', end_fielding_at: '2099-01-01T00:00:00Z' };
  const records = [
    { type: 'project', ...tenant },
    ...GROUPS.map((target_group_id, index) => ({
      type: 'target_group',
      ...tenant,
      target_group_id,
      status: index === 0 ? 'live' : 'paused',
      completes_goal: 10,
      current_completes: 1,
      ...fielding,
    })),
  ];
  const file = join(folder, 'data.jsonl');
  writeFileSync(file, records.map((record) => JSON.stringify(record)).join('\n'));
  const started = spawn(
    process.execPath,
    ['tools/local/start-local-stack.ts', '--port', '0', '--data', file, '-c', 'vpcSubnetIds=subnet-0a1b2c3d'],
    {
      cwd: PROJECT,
      // As users start it, it bundles.
      env: { ...process.env, [BUNDLES_VARIABLE]: undefined },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  child = started;
  await new Promise<void>((resolve, reject) => {
    child.once('exit', (code) => {
      reject(new Error(`it ended with ${String(code)}: ${printed.join('\n')}`));
    });
    createInterface(started.stdout).on('line', (line) => {
      printed.push(line);
      if (printed.filter((text) => text.startsWith('curl ')).length === 2) resolve();
    });
  });
}, START_MILLISECONDS);

afterAll(() => {
  child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

/** Runs printed lines in bash, in the folder that the stack was started in, and returns their output. */
async function paste(...blocks: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('bash', ['-euc', blocks.join('\n')], { cwd: PROJECT });
  return stdout;
}

test('the printed requests create a job and follow it to its end', async () => {
  const ready = printed.findIndex((line) => line.startsWith('ready http://'));
  const end = printed.findLastIndex((line) => line.startsWith('curl '));
  const lines = printed.slice(ready, end + 1);
  expect(lines.filter((line) => line.length > 100)).toEqual([]);
  const blocks = lines.join('\n').split('\n\n');
  expect(blocks).toHaveLength(6);
  const [, pages = '', , variables = '', create = '', follow = ''] = blocks;
  expect(pages).toMatch(/^API pages: {3}http:\/\/127\.0\.0\.1:\d+\/docs$/m);

  const created = await paste(variables, create);
  expect(created).toMatch(/^HTTP\/1\.1 201 /);
  const location = /^location: (\S+)/im.exec(created)?.[1] ?? 'none';
  expect(location).toContain(`/projects/${PROJECT_ID}/`);
  expect(follow).toContain(location.slice(location.indexOf('/batch-jobs/')));
  expect(printed).toContainEqual(expect.stringMatching(/^status page: http:\/\/127\.0\.0\.1:\d+\/_local$/));

  let status = '';
  while (!status.includes('"status":"Completed"')) {
    status = await paste(variables, follow);
    expect(status).toMatch(/^HTTP\/1\.1 200 /);
    await pause(50);
  }
  const updated = GROUPS.slice(1).map((target_group_id) => ({ target_group_id }));
  expect(status).toContain(JSON.stringify({ data: updated, has_more: false }));
});

test('each step of the start is printed as it begins', () => {
  const ready = printed.findIndex((line) => line.startsWith('ready http://'));
  const said = printed
    .slice(0, ready)
    .flatMap((line) => /INFO {2}local stack +(\w+ \w+)/.exec(line)?.[1] ?? []);
  expect(said).toEqual(
    expect.arrayContaining([
      'starting queue',
      'synthesizing the',
      'bundling Worker',
      'making tables',
      'writing 5',
    ]),
  );
});

test('a key of the context that has no effect is named', () => {
  expect(printed).toContainEqual(
    expect.stringMatching(/INFO {2}local stack +context key vpcSubnetIds: not known, no effect$/),
  );
});

test('the log of the functions is printed in a readable form', () => {
  expect(printed).toContainEqual(
    expect.stringMatching(/^[\d:.]+ INFO {2}CreateJob +job\.created .*account_id=7/),
  );
  expect(printed).toContainEqual(
    expect.stringMatching(/^[\d:.]+ INFO {2}gateway +POST \/demand\/.* 201 \d+ ms$/),
  );
  expect(printed.filter((line) => line.includes('_aws'))).toEqual([]);
});

test('Ctrl-C ends the program with exit code 0, and nothing listens any more', async () => {
  const url = /^ready (\S+)/.exec(printed.find((line) => line.startsWith('ready')) ?? '')?.[1] ?? '';
  const { endpoints } = (await (await fetch(`${url}/_local/info`)).json()) as {
    endpoints: Record<string, string>;
  };
  const exit = once(child, 'exit');
  child.kill('SIGINT');
  expect(await exit).toEqual([0, null]);
  // Emulators that the environment names keep running.
  const given = [process.env['DYNAMODB_ENDPOINT'], process.env['SQS_ENDPOINT']];
  const own = [url, ...Object.values(endpoints)].filter((address) => !given.includes(address));
  for (const address of own) await expect(fetch(address)).rejects.toThrow();
});
