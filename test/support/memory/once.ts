/** Implements the Once port in memory, with the same promises as the one on Powertools. */
import { type CreationKey, deriveJobId } from '../../../src/domain/digest.ts';
import { IdempotencyKeyReusedError } from '../../../src/domain/errors.ts';
import type { Created, Once, OnceResult } from '../../../src/ports/once.ts';

export class MemoryOnce implements Once {
  readonly #records = new Map<string, { bodyHash: string; done: boolean }>();

  /** Forgets all records, as if the table were lost. */
  forget(): void {
    this.#records.clear();
  }

  /** Whether anything is remembered of a key. */
  has(key: CreationKey): boolean {
    return this.#records.has(makeName(key));
  }

  async run(key: CreationKey, bodyHash: string, work: () => Promise<Created>): Promise<OnceResult> {
    const name = makeName(key);
    const record = this.#records.get(name);
    if (record !== undefined) {
      if (record.bodyHash !== bodyHash) {
        throw new IdempotencyKeyReusedError('The idempotency key was used with other target groups.', {
          jobId: deriveJobId(key),
        });
      }
      return record.done ? { kind: 'replayed' } : { kind: 'unknown', cause: 'in progress' };
    }
    this.#records.set(name, { bodyHash, done: false });
    try {
      const created = await work();
      this.#records.set(name, { bodyHash, done: true });
      return { kind: 'ran', created };
    } catch (error) {
      this.#records.delete(name);
      throw error;
    }
  }
}

function makeName({ accountId, projectId, action, idempotencyKey }: CreationKey): string {
  return JSON.stringify([accountId, projectId, action, idempotencyKey]);
}
