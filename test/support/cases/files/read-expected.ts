/** Reads what is expected of the files in the folders beside this one, as users and programs save them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const expectedShape = z.record(
  z.string(),
  z.strictObject({
    /** How many target groups it has, for a file that is read. */
    ids: z.int().optional(),
    records: z.int().optional(),
    /** For a file that is refused: the exit code, and texts that the message contains. */
    exit: z.int().optional(),
    names: z.array(z.string()).optional(),
    note: z.string().optional(),
  }),
);

export type ExpectedFile = z.infer<typeof expectedShape>[string] & { readonly file: string };

/** @returns the name and the expectation of every file, so that none is without one */
export function readExpectedFiles(folder: 'client-files' | 'import-files'): [string, ExpectedFile][] {
  const path = join(import.meta.dirname, folder);
  const expected = expectedShape.parse(JSON.parse(readFileSync(join(path, 'expected.json'), 'utf8')));
  return readdirSync(path)
    .filter((name) => name !== 'expected.json')
    .map((name) => [name, { ...expected[name], file: join(path, name) }]);
}
