/** Remembers beside the file how far an import has come, so that the same command goes on there. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { parseJson } from '../kit/json.ts';

const shape = z.object({
  /** Of the file, SHA-256: another content is another import. */
  digest: z.string(),
  /** Table, endpoint and options that say what is written where. */
  target: z.string(),
  /** So many records from the start of the file are written. */
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

  /** @param target what the records are written to, and how: another target starts at the first record */
  static async of(file: string, target: string): Promise<Checkpoint> {
    const hash = createHash('sha256');
    await pipeline(createReadStream(file), hash);
    return new Checkpoint(`${file}.import.json`, hash.digest('hex'), target);
  }

  /** How many records from the start of the file are written already: 0 when nothing is known of this import. */
  async done(): Promise<number> {
    const text = await readFile(this.path, 'utf8').catch(() => '{}');
    const found = shape.safeParse(parseJson(text)).data;
    return found?.digest === this.#digest && found.target === this.#target ? found.done : 0;
  }

  /** Written aside and moved into place, so that a kill leaves the old one or the new one. */
  async save(done: number): Promise<void> {
    const aside = `${this.path}.new`;
    await writeFile(aside, JSON.stringify({ digest: this.#digest, target: this.#target, done }));
    await rename(aside, this.path);
  }

  async remove(): Promise<void> {
    await rm(this.path, { force: true });
  }
}
