/** Encodes the work on a chunk as the text of a queue message, and decodes it (ADR 8). */
import * as z from 'zod/mini';
import { ACTION_NAMES } from '../../domain/actions.ts';
import { UnparsableMessageError } from '../../domain/errors.ts';
import { ID_PATTERN, MAX_ACCOUNT_ID } from '../../domain/ids.ts';
import type { ChunkWork } from '../../ports/work-queue.ts';

const id = z.string().check(z.regex(ID_PATTERN));

const schema = z.object({
  chunk: z.object({
    accountId: z.int().check(z.minimum(1), z.maximum(MAX_ACCOUNT_ID)),
    projectId: id,
    jobId: id,
    createdAt: z.iso.datetime({ precision: 3 }),
    expiresAt: z.int().check(z.positive()),
    index: z.int().check(z.nonnegative()),
  }),
  job: z.object({
    action: z.enum(ACTION_NAMES),
    createdBy: z.uuid(),
  }),
  // Messages of an earlier version lack it. With false, a write of its own takes the job out of the index.
  only: z._default(z.boolean(), false),
  ids: z.array(id).check(z.minLength(1)),
  trace: z.object({ traceparent: z.string(), tracestate: z.string() }),
});

export function encodeChunk(work: ChunkWork): string {
  return JSON.stringify(work);
}

/**
 * Decodes a message. Ignores unknown fields, so that messages of a later version can be read.
 *
 * @throws UnparsableMessageError when the text is not the work on a chunk
 */
export function decodeChunk(body: string): ChunkWork {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw new UnparsableMessageError('A message is not JSON.', { length: body.length });
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    throw new UnparsableMessageError('A message is not the work on a chunk.', {
      length: body.length,
      issues: parsed.error.issues.slice(0, 5).map(({ path, message }) => `${path.join('.')}: ${message}`),
    });
  }
  return parsed.data;
}
