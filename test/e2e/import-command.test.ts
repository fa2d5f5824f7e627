/** Tests the import command on the running stack, from a file to a job. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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

async function runImportCommand(...args: string[]): Promise<{ code: unknown; output: string }> {
  const script = join(PROJECT, 'tools/import/run-import.ts');
  const { code, stdout, stderr } = await runProgram(process.execPath, [script, ...args]);
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
