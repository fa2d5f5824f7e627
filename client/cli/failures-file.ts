/** Writes the file of `--output`: every failed target group with its reason, as CSV. */
import { constants } from 'node:fs';
import { access, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { stringify } from 'csv-stringify/sync';
import { getErrorMessage } from '../../tools/kit/tool-errors.ts';
import type { FailedTargetGroup } from '../read-answers.ts';
import { InputError } from '../client-errors.ts';

/** The first name is the one that `--file` looks for, so the file can be the input of the next command. */
const COLUMNS = ['target_group_id', 'code', 'description'];

/**
 * Checks, before anything is sent, that the file can be written when the jobs have ended.
 * @throws InputError when it cannot be written
 */
export async function requireWritable(file: string): Promise<void> {
  if (file === '') throw new InputError('--output: found nothing, expected the name of a file');
  try {
    await access(dirname(file), constants.W_OK);
  } catch (cause) {
    throw new InputError(`--output ${file}: ${getErrorMessage(cause)}`, { cause });
  }
  const found = await stat(file).catch(() => undefined);
  if (found !== undefined && !found.isFile()) {
    throw new InputError(`--output ${file}: found something that is no file, expected a file or nothing`);
  }
}

/** Writes a temporary file and renames it, so that the file is never incomplete. */
export async function writeFailures(file: string, failed: readonly FailedTargetGroup[]): Promise<void> {
  const aside = `${file}.${process.pid}.new`;
  try {
    const handle = await open(aside, 'w');
    try {
      await handle.writeFile(formatCsv(failed));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(aside, file);
  } catch (error) {
    await rm(aside, { force: true });
    throw error;
  }
}

/** Formats CSV (RFC 4180). A text that a spreadsheet would take for a formula gets an apostrophe in front. */
function formatCsv(failed: readonly FailedTargetGroup[]): string {
  const rows = failed.map(({ target_group_id, failure_reason: { code, description } }) => [
    target_group_id,
    code,
    description,
  ]);
  return stringify([COLUMNS, ...rows], { record_delimiter: 'windows', escape_formulas: true });
}
