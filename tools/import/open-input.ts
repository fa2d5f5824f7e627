/** Opens the input of an import, which is read twice: a pipe is stored in a temporary file first. */
import { createWriteStream } from 'node:fs';
import { mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { openFile } from '../kit/open-file.ts';

export interface Input extends AsyncDisposable {
  readonly file: string;
  /** What errors call it. */
  readonly name: string;
  /** Whether a repeated command finds the same file. */
  readonly repeatable: boolean;
}

/**
 * @param file `-` for the standard input
 * @param signal ends the wait for an input that does not end
 */
export async function openInput(file: string, stdin: Readable, signal: AbortSignal): Promise<Input> {
  if (file === '-') return storeInput(stdin, 'standard input', signal);
  // A missing file is reported by its reader.
  const found = await stat(file).catch(() => undefined);
  if (found?.isFIFO() === true) return storeInput(await openFile(file, signal), file, signal);
  return { file, name: file, repeatable: true, [Symbol.asyncDispose]: () => Promise.resolve() };
}

async function storeInput(source: Readable, name: string, signal: AbortSignal): Promise<Input> {
  const folder = await mkdtemp(join(tmpdir(), 'import-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  const file = join(folder, 'input');
  try {
    await pipeline(source, createWriteStream(file, { mode: 0o600 }), { signal });
  } catch (error) {
    await remove();
    throw error;
  }
  return { file, name, repeatable: false, [Symbol.asyncDispose]: remove };
}

/** Tells JSON Lines, whose first character is a brace, from CSV, whose header cannot begin with one. */
export async function readFormat(file: string): Promise<'jsonl' | 'csv'> {
  await using handle = await open(file);
  const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(64), position: 0 });
  // Without the zeros and marks of UTF-16 and the mark of UTF-8.
  const text = buffer.toString('latin1', 0, bytesRead).replaceAll(/[\0\u00ef\u00bb\u00bf\u00fe\u00ff]/g, '');
  return text.trimStart().startsWith('{') ? 'jsonl' : 'csv';
}
