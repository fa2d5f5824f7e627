/** Tests the import command on the running stack, from a file to a job. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { PROJECT } from '../../tools/kit/project.ts';
import { anId, makeIds } from '../support/builders.ts';
import { Client } from '../support/api-client.ts';
import { readE2eStack, findName } from '../support/e2e.ts';
import { runProgram } from '../support/run-program.ts';

const stack = readE2eStack();
const folder = mkdtempSync(join(tmpdir(), 'import-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const SCRIPT = join(PROJECT, 'tools/import/run-import.ts');

async function runImportCommand(...args: string[]): Promise<{ code: unknown; output: string }> {
  const { code, stdout, stderr } = await runProgram(process.execPath, [SCRIPT, ...args]);
  return { code, output: stdout + stderr };
}

test('imported target groups can be resumed, and a second import changes nothing', async () => {
  const tenant = { accountId: 101, projectId: anId('IMP') };
  const asked = makeIds(30, 'TIMP');
  const file = join(folder, 'groups.csv');
  const header =
    'account_id,project_id,target_group_id,status,completes_goal,current_completes,start_fielding_at,end_fielding_at';
  const rows = asked.map(
    (id) => `101,${tenant.projectId},${id},paused,10,0,2026-01-01T00:00:00Z,2099-01-01T00:00:00Z`,
  );
  writeFileSync(file, [header, ...rows].join('\n'));
  const table = findName(stack.tables, 'TargetGroups');
  const args = ['--table', table, '--endpoint', stack.endpoints.dynamodb, '--file', file];

  const first = await runImportCommand(...args);
  expect(first).toEqual({ code: 0, output: expect.stringContaining('30 added, 0 updated, 0 left') });
  const client = await Client.signIn(stack.url);
  expect((await client.run(tenant, asked)).updated_target_groups.data).toHaveLength(30);
  const second = await runImportCommand(...args);
  expect(second).toEqual({ code: 0, output: expect.stringContaining('0 added, 0 updated, 30 left') });
  const run = await client.get(
    `/demand/accounts/101/projects/${tenant.projectId}/target-groups/${asked[0] ?? ''}/fielding-runs`,
  );
  expect(JSON.parse(run.text)).toMatchObject({ data: [{ status: 'live', version: 2 }] });
});

test.each<[string, (projectId: string, id: string) => string]>([
  [
    'CSV',
    (projectId, id) =>
      'account_id;project_id;target_group_id;status;completes_goal;current_completes;start_fielding_at;end_fielding_at\n' +
      `101;${projectId};${id};paused;10;0;2026-01-01T00:00:00Z;2099-01-01T00:00:00Z\n`,
  ],
  [
    'JSON Lines',
    (projectId, id) =>
      `\uFEFF{"type":"target_group","account_id":101,"project_id":"${projectId}","target_group_id":"${id}",` +
      '"status":"paused","completes_goal":10,"current_completes":0,' +
      '"start_fielding_at":"2026-01-01T00:00:00Z","end_fielding_at":"2099-01-01T00:00:00Z"}\n',
  ],
])('the standard input can be %s', async (_, makeInput) => {
  const table = findName(stack.tables, 'TargetGroups');
  const args = ['--table', table, '--endpoint', stack.endpoints.dynamodb, '--file', '-'];
  const { code, stderr } = await runProgram(process.execPath, [SCRIPT, ...args], {
    stdin: makeInput(anId('IMP'), anId('TIMP')),
  });
  expect(stderr).toContain('standard input: 0 projects and 1 target groups, all valid');
  expect(stderr).toContain('1 added');
  expect(code).toBe(0);
});

test('a wrong table is named, with the place where it was looked for', async () => {
  const file = join(folder, 'one.csv');
  writeFileSync(file, `account_id,project_id,type\n101,${anId('IMP')},project\n`);
  const { dynamodb } = stack.endpoints;
  const run = (table: string) => runImportCommand('--table', table, '--endpoint', dynamodb, '--file', file);
  expect(await run('elsewhere')).toEqual({
    code: 2,
    output: expect.stringContaining(`--table elsewhere, --endpoint ${dynamodb}: there is no such table`),
  });
  const jobs = findName(stack.tables, 'Jobs');
  expect(await run(jobs)).toEqual({
    code: 2,
    output: expect.stringContaining(`--table ${jobs}, --endpoint ${dynamodb}: not a table of target groups`),
  });
  expect(existsSync(`${file}.import.json`)).toBe(false);
});

test.each([
  [['--file', 'groups.csv'], '--table is missing'],
  [['--table', 't'], '--file is missing'],
  [['--file', 'groups.txt', '--check'], '--format'],
  [['--file', 'groups.csv', '--check', '--existing', 'replace'], 'found "replace", expected skip or update'],
  [['--file', '/nowhere/groups.csv', '--check'], 'there is no such file'],
  [['--fiel', 'x'], "'--fiel'"],
])('the options %j are a usage error', async (args, message) => {
  expect(await runImportCommand(...args)).toEqual({ code: 2, output: expect.stringContaining(message) });
});
