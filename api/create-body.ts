/**
 * The body of a create call, as a schema. The create function reads it with a parser of its own (src/http),
 * which is fast and lists every fault: its type has the schema's fields, and a test holds both to the same
 * verdict.
 */
import { z } from 'zod';
import { id, type Written } from './answers.ts';
import { MAX_TARGET_GROUPS } from './limits.ts';

/**
 * The keyword that JSON Schema lacks: duplicates are allowed and count once, so neither `maxItems` nor
 * `uniqueItems` says it.
 */
export const MAX_DISTINCT_ITEMS = 'x-max-distinct-items';

export const createBody = z
  .strictObject({
    target_group_ids: z
      .array(id)
      .min(1)
      .meta({
        description:
          `At most ${MAX_TARGET_GROUPS.toLocaleString('en')} distinct ids; a deployment may set a lower limit. ` +
          'Order and duplicates do not matter.',
        [MAX_DISTINCT_ITEMS]: MAX_TARGET_GROUPS,
      }),
  })
  .describe('The target groups that the job is about. Any other field is refused.');

export type CreateBody = Written<z.output<typeof createBody>>;
