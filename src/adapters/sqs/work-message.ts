/** Encodes the work on a chunk, or a give-up, as the text of a message, and decodes it (ADR 8, ADR 38). */
import * as z from 'zod/mini';
import { ACTION_NAMES } from '../../domain/actions.ts';
import { UnparsableMessageError } from '../../domain/errors.ts';
import { ID_PATTERN, MAX_ACCOUNT_ID } from '../../domain/ids.ts';
import { GIVE_UP_REASONS } from '../../domain/outcome.ts';
import type { ChunkWork, GiveUpWork } from '../../ports/work-queue.ts';
import { FORMAT, refuseLaterFormat } from '../format.ts';

/** The formats in which messages are written, and the latest ones that are read (ADR 37). */
const CHUNK_MESSAGE_FORMAT = 1;
const GIVE_UP_MESSAGE_FORMAT = 1;

/**
 * The only member of a give-up message. A decoder that does not know it finds no work in the message, so no
 * worker of an earlier release can take a give-up for a chunk to work on.
 */
const GIVE_UP = 'give_up';

export type WorkMessage =
  | { readonly kind: 'chunk'; readonly work: ChunkWork }
  | { readonly kind: 'give-up'; readonly work: GiveUpWork };

const id = z.string().check(z.regex(ID_PATTERN));

/** The part that all formats share. A message of release 0.1.0 has no format: it is 1. */
const formatSchema = z.object({ [FORMAT]: z._default(z.int().check(z.positive()), 1) });

const chunkSchema = z.object({
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
    // Messages of an earlier release lack it: the deadline then follows from the configuration.
    deadlineAt: z.optional(z.iso.datetime({ precision: 3 })),
  }),
  // Messages of an earlier version lack it. With false, a write of its own takes the job out of the index.
  only: z._default(z.boolean(), false),
  ids: z.array(id).check(z.minLength(1)),
  trace: z.object({ traceparent: z.string(), tracestate: z.string() }),
});

const giveUpSchema = z.extend(chunkSchema, { reason: z.enum(GIVE_UP_REASONS) });

export function encodeChunk(work: ChunkWork): string {
  return JSON.stringify({ [FORMAT]: CHUNK_MESSAGE_FORMAT, ...work });
}

export function encodeGiveUp(work: GiveUpWork): string {
  return JSON.stringify({ [GIVE_UP]: { [FORMAT]: GIVE_UP_MESSAGE_FORMAT, ...work } });
}

/**
 * Decodes a message. Ignores unknown fields, which a later release may add.
 *
 * @throws UnparsableMessageError when the text is neither the work on a chunk nor a give-up
 * @throws UnknownFormatError when a later release has sent it in a format of its own
 */
export function decodeMessage(body: string): WorkMessage {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw new UnparsableMessageError('A message is not JSON.', { length: body.length });
  }
  const { length } = body;
  if (typeof value === 'object' && value !== null && GIVE_UP in value) {
    const { format } = parse(formatSchema, value[GIVE_UP], length);
    refuseLaterFormat('A give-up message', format, GIVE_UP_MESSAGE_FORMAT);
    return { kind: 'give-up', work: parse(giveUpSchema, value[GIVE_UP], length) };
  }
  const { format } = parse(formatSchema, value, length);
  refuseLaterFormat('A message', format, CHUNK_MESSAGE_FORMAT);
  return { kind: 'chunk', work: parse(chunkSchema, value, length) };
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
