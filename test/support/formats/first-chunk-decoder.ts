/**
 * The decoder of chunk messages as it was before there were give-ups. It is kept as it was, with the values
 * of the constants that it used, and never changes: it stands for every worker of an earlier release.
 */
import * as z from 'zod/mini';

const id = z.string().check(z.regex(/^[0-9A-Z]{26}$/));

const formatSchema = z.object({ format: z._default(z.int().check(z.positive()), 1) });

const schema = z.object({
  chunk: z.object({
    accountId: z.int().check(z.minimum(1), z.maximum(2_147_483_647)),
    projectId: id,
    jobId: id,
    createdAt: z.iso.datetime({ precision: 3 }),
    expiresAt: z.int().check(z.positive()),
    index: z.int().check(z.nonnegative()),
  }),
  job: z.object({
    action: z.enum(['resume', 'pause', 'launch', 'complete', 'relaunch']),
    createdBy: z.uuid(),
  }),
  only: z._default(z.boolean(), false),
  ids: z.array(id).check(z.minLength(1)),
  trace: z.object({ traceparent: z.string(), tracestate: z.string() }),
});

/** @throws Error when the text is not the work on a chunk, or is of a later format */
export function decodeFirstChunk(body: string): z.infer<typeof schema> {
  const value: unknown = JSON.parse(body);
  const { format } = formatSchema.parse(value);
  if (format > 1) throw new Error('a later format');
  return schema.parse(value);
}
