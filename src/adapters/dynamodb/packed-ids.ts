/**
 * The stored form of the ids of a request: joined and deflated (ADR 30). DynamoDB bills a write by its size,
 * and this saves at least a third of the largest item of a job.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { InconsistentStoreError } from '../../domain/errors.ts';
import { ID_LENGTH } from '../../domain/ids.ts';

/** The fastest level. Higher levels take longer and save hardly more, because ids are mostly random. */
const LEVEL = 1;

/** @param ids at most 100,000, which is the limit of `unpackIds` */
export function packIds(ids: readonly string[]): Uint8Array {
  return deflateRawSync(ids.join(''), { level: LEVEL });
}

/** @throws InconsistentStoreError when the bytes are not the output of `packIds` */
export function unpackIds(packed: Uint8Array): string[] {
  const text = inflate(packed);
  if (text.length % ID_LENGTH !== 0) {
    throw new InconsistentStoreError('The ids of a request are truncated.', { characters: text.length });
  }
  return Array.from({ length: text.length / ID_LENGTH }, (_, index) =>
    text.slice(index * ID_LENGTH, (index + 1) * ID_LENGTH),
  );
}

function inflate(packed: Uint8Array): string {
  try {
    return inflateRawSync(packed, { maxOutputLength: ID_LENGTH * 100_000 }).toString('latin1');
  } catch (cause) {
    throw new InconsistentStoreError(
      'The ids of a request cannot be unpacked.',
      { bytes: packed.length },
      { cause },
    );
  }
}
