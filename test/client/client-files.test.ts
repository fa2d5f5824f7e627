/** Tests how the command reads each of the recorded files: the ids in it, or why it is refused. */
import { Readable } from 'node:stream';
import { expect, test } from '@jest/globals';
import { deriveExitCode } from '../../client/cli/exit-codes.ts';
import { readIds } from '../../client/cli/read-ids.ts';
import { readExpectedFiles } from '../support/cases/files/read-expected.ts';

test.each(readExpectedFiles('client-files'))('%s', async (_, { file, ids, exit, names = [] }) => {
  const source = { args: [], file, format: undefined, column: undefined };
  const outcome = await readIds(source, Readable.from([]), new AbortController().signal).then(
    (found) => ({ exit: undefined, ids: found.ids.length, message: '' }),
    (error: unknown) => ({ exit: deriveExitCode(error), ids: undefined, message: String(error) }),
  );
  expect(outcome).toMatchObject({ exit, ids });
  for (const name of names) expect(outcome.message).toContain(name);
});
