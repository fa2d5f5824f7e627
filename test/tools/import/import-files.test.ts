/** Tests how the import reads each of the recorded files: the records in it, or why it is refused. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { readCsv } from '../../../tools/import/csv-records.ts';
import { checkFile } from '../../../tools/import/import-file.ts';
import { parseImportOptions } from '../../../tools/import/import-options.ts';
import { parseLine } from '../../../tools/import/records.ts';
import { readText } from '../../../tools/kit/read-lines.ts';
import { UsageError } from '../../../tools/kit/tool-errors.ts';
import { readExpectedFiles } from '../../support/cases/files/read-expected.ts';

const files = readExpectedFiles('import-files');

test.each(files)('%s', async (_, { file, records, exit, names = [] }) => {
  const outcome = await checkFile({ file, format: 'csv', now: 0 }).then(
    (found) => ({ exit: undefined, records: found.projects + found.targetGroups, message: '' }),
    (error: unknown) => ({
      exit: error instanceof UsageError ? 2 : 1,
      records: undefined,
      message: String(error),
    }),
  );
  expect(outcome).toMatchObject({ exit, records });
  for (const name of names) expect(outcome.message).toContain(name);
});

test('offset.csv is stored in UTC', async () => {
  const file = files.find(([name]) => name === 'offset.csv')?.[1].file ?? '';
  for await (const { read } of readCsv(readText(file, '--file'), file, '2026-01-01T00:00:00.000Z')) {
    expect(read()).toMatchObject({ group: { startFieldingAt: '2025-12-31T22:00:00.000Z' } });
  }
});

const GROUP = {
  type: 'target_group',
  account_id: 1,
  project_id: 'P'.repeat(26),
  target_group_id: 'T'.repeat(26),
  status: 'paused',
  completes_goal: 1,
  current_completes: 0,
  start_fielding_at: '2026-01-01T00:00:00Z',
  end_fielding_at: '2027-01-01T00:00:00Z',
};

test.each([
  [
    'a time that its offset leads out of four-digit years',
    { start_fielding_at: '0000-01-01T00:00:00+10:00' },
  ],
  ['a time after the year 9999', { end_fielding_at: '9999-12-31T23:59:59-10:00' }],
])('%s is refused', (_, fields) => {
  const text = JSON.stringify({ ...GROUP, ...fields });
  expect(() => parseLine('a.jsonl', { number: 7, text }, '')).toThrow(
    /^a\.jsonl:7: \w+: found .*, expected a time/,
  );
});

test('a field that stands twice is refused', () => {
  const text = JSON.stringify(GROUP).replace('{', '{"status":"live",');
  const message = 'a.jsonl:7: status: found more than one, expected one';
  expect(() => parseLine('a.jsonl', { number: 7, text }, '')).toThrow(message);
});

test('a field that fails several checks is reported once', () => {
  const text = JSON.stringify({ ...GROUP, account_id: 1e300, start_fielding_at: '2026-13-01' });
  expect(() => parseLine('a.jsonl', { number: 7, text }, '')).toThrow(
    'a.jsonl:7: account_id: found 1e+300, expected a whole number from 1 to 2147483647; ' +
      'start_fielding_at: found "2026-13-01", expected a time like 2026-01-31T12:00:00Z',
  );
  const reports = () => parseLine('a.jsonl', { number: 7, text }, '');
  expect(reports).not.toThrow(/(account_id|start_fielding_at).*\1:/);
});

test.each(['localhost:8000', 'ftp://localhost:8000', 'localhost', 'http://name@localhost', 'http://h/?a'])(
  'the endpoint "%s" is refused before anything is read',
  (endpoint) => {
    const parse = () => parseImportOptions(['--table', 'T', '--file', 'a.csv', '--endpoint', endpoint]);
    expect(parse).toThrow(`--endpoint: found "${endpoint}", expected the URL of an emulator`);
  },
);

test('a file that may not be read is named', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'unreadable-'));
  chmodSync(folder, 0o755);
  const file = join(folder, 'a.csv');
  writeFileSync(file, 'id\n', { mode: 0 });
  const user = process.geteuid?.();
  // The superuser may read every file, so somebody else reads this one.
  if (user === 0) process.seteuid?.('nobody');
  try {
    await expect(checkFile({ file, format: 'csv', now: 0 })).rejects.toThrow(`--file ${file}: EACCES`);
  } finally {
    if (user === 0) process.seteuid?.(user);
  }
  rmSync(folder, { recursive: true });
});
