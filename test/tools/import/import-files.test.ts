/** Tests how the import reads each of the recorded files: the records in it, or why it is refused. */
import { expect, test } from '@jest/globals';
import { readCsv } from '../../../tools/import/csv-records.ts';
import { checkFile } from '../../../tools/import/import-file.ts';
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
