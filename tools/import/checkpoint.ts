/**
 * Stores the progress of an import in a file beside the data file, so that a repeated command continues
 * there.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { parseJson } from '../kit/json.ts';
import { getErrorMessage, UsageError } from '../kit/tool-errors.ts';

/** The format in which a checkpoint is written, and the latest one that is read (ADR 37). */
const CHECKPOINT_FORMAT = 1;

const shape = z.object({
  /** Release 0.1.0 wrote none. A checkpoint of a later format starts a new import, which is safe. */
  format: z.int().min(1).max(CHECKPOINT_FORMAT).default(1),
  /** SHA-256 of the data file in hex: a changed file starts a new import. */
  digest: z.string(),
  /** Table, endpoint and options of the import: other ones start a new import. */
  target: z.string(),
  /** How many records from the start of the file are written. */
  done: z.int().nonnegative(),
});

export class Checkpoint {
  readonly path: string;
  readonly #digest: string;
  readonly #target: string;

  private constructor(path: string, digest: string, target: string) {
    this.path = path;
    this.#digest = digest;
    this.#target = target;
  }

  /** @param target table and options of the import: another target starts at the first record */
  static async open(file: string, target: string): Promise<Checkpoint> {
    const hash = createHash('sha256');
    await pipeline(createReadStream(file), hash);
    return new Checkpoint(`${file}.import.json`, hash.digest('hex'), target);
  }

  /**
   * Returns how many records from the start of the file are written already; 0 for an import without
   * checkpoint.
   */
  async readDone(): Promise<number> {
    const text = await readFile(this.path, 'utf8').catch(() => '{}');
    const found = shape.safeParse(parseJson(text)).data;
    return found?.digest === this.#digest && found.target === this.#target ? found.done : 0;
  }

  /** Writes a new file and renames it, so that a kill leaves either the old checkpoint or the new one. */
  async save(done: number): Promise<void> {
    const aside = `${this.path}.new`;
    const text = JSON.stringify({
      format: CHECKPOINT_FORMAT,
      digest: this.#digest,
      target: this.#target,
      done,
    });
    try {
      await writeFile(aside, text);
      await rename(aside, this.path);
    } catch (error) {
      throw new UsageError(
        `${this.path}: the progress of the import cannot be stored (${getErrorMessage(error)}): ` +
          'make the folder of the file writable, copy the file to another one, or pass it with --file - < FILE',
      );
    }
  }

  async remove(): Promise<void> {
    await rm(this.path, { force: true });
  }
}
