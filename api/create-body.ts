/**
 * The request body of a create call, as a schema. The function create-job has its own parser (src/http),
 * which is fast and lists every fault; a test checks that parser and schema accept the same bodies (ADR 25).
 */
import { z } from 'zod';
import { id, type DeepReadonly } from './answers.ts';
import { MAX_TARGET_GROUPS } from './limits.ts';

/**
 * A keyword that JSON Schema does not have: the maximum number of distinct items. `maxItems` would also count
 * duplicates, and `uniqueItems` would forbid them (ADR 11).
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

export type CreateBody = DeepReadonly<z.output<typeof createBody>>;
