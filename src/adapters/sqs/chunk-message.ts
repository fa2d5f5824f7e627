/** Encodes the work on a chunk as the text of a queue message, and decodes it (ADR 8). */
import * as z from 'zod/mini';
import { ACTION_NAMES } from '../../domain/actions.ts';
import { UnparsableMessageError } from '../../domain/errors.ts';
import { ID_PATTERN, MAX_ACCOUNT_ID } from '../../domain/ids.ts';
import type { ChunkWork } from '../../ports/work-queue.ts';
import { FORMAT, refuseLaterFormat } from '../format.ts';

/** The format in which messages are written, and the latest one that is read (ADR 37). */
const CHUNK_MESSAGE_FORMAT = 1;

const id = z.string().check(z.regex(ID_PATTERN));

/** The part that all formats share. A message of release 0.1.0 has no format: it is 1. */
const formatSchema = z.object({ [FORMAT]: z._default(z.int().check(z.positive()), 1) });

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
  return JSON.stringify({ [FORMAT]: CHUNK_MESSAGE_FORMAT, ...work });
}

/**
 * Decodes a message. Ignores unknown fields, which a later release may add.
 *
 * @throws UnparsableMessageError when the text is not the work on a chunk
 * @throws UnknownFormatError when a later release has sent it in a format of its own
 */
export function decodeChunk(body: string): ChunkWork {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw new UnparsableMessageError('A message is not JSON.', { length: body.length });
  }
  const { format } = parse(formatSchema, value, body.length);
  refuseLaterFormat('A message', format, CHUNK_MESSAGE_FORMAT);
  return parse(schema, value, body.length);
}

/** @param length characters of the message, for the error */
function parse<T>(form: z.ZodMiniType<T>, value: unknown, length: number): T {
  const parsed = form.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new UnparsableMessageError('A message is not the work on a chunk.', {
    length,
    issues: parsed.error.issues.slice(0, 5).map(({ path, message }) => `${path.join('.')}: ${message}`),
  });
}
