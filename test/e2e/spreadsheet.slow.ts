/** Tests the way from a spreadsheet to a finished job: one command on the export, as Excel writes it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { BuiltClient } from '../support/built-client.ts';
import { aToken } from '../support/api-client.ts';
import { aProject, readE2eStack } from '../support/e2e.ts';
import { type WatchedStack, watchStack } from '../rigs/conformance/watched-stack.ts';

const ROWS = 5_000;

const stack = readE2eStack();

let client: BuiltClient;
let watched: WatchedStack;
beforeAll(async () => {
  client = BuiltClient.build();
  watched = await watchStack(stack.url);
});
afterAll(async () => {
  await watched.close();
  client.remove();
});

/** Formats rows as "CSV UTF-8" of an Excel whose decimal sign is the comma, with empty rows after them. */
function formatAsExcel(rows: readonly (readonly string[])[]): string {
  const formatCell = (cell: string) => (/[;"\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
  const lines = rows.map((row) => row.map(formatCell).join(';'));
  return `\uFEFF${[...lines, ';;;', ';;;', ''].join('\r\n')}`;
}

test('an Excel export of 5,000 rows is resumed by one command', async () => {
  const { tenant, ids } = await aProject(stack, Array<object>(ROWS).fill({}));
  const names = ['Eltern von 14–17-Jährigen', 'TV 55"; urban', 'two\nlines', ''];
  const rows = ids.map((id, i) => [names[i % names.length] ?? '', id, `${i},5`, '']);
  const file = join(client.folder, 'Export.CSV');
  writeFileSync(file, formatAsExcel([['Name', 'Target_Group_ID', 'Goal, in %', ''], ...rows]));

  const project = ['--base-url', watched.url, '--account', '101', '--project', tenant.projectId];
  const { code, lines, stderr } = await client.run(
    ['resume', '--file', file, '--key', 'export', '--wait', ...project],
    { env: { FIELDING_JOBS_TOKEN: await aToken() } },
  );
  // Nothing but the progress.
  expect(stderr).toMatch(/^(\d+ % {2}\d+\/5000 target groups {2}.*\n)*$/);
  expect(lines[0]).toMatchObject({ event: 'planned', count: ROWS, duplicates: 0 });
  expect(lines.at(-1)).toMatchObject({ event: 'summary', updated: ROWS, failed: 0 });
  expect(code).toBe(0);
  expect(watched.report().complaints).toEqual([]);
});
