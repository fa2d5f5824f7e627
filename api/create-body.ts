/**
 * The body of a create call, as a schema. The create functions read it with a parser of their own, which is fast and
 * lists every fault; a test holds both to the same verdict.
 */
import { z } from 'zod';
import { id } from './answers.ts';

/**
 * The keyword that JSON Schema lacks: duplicates are allowed and count once, so neither `maxItems` nor `uniqueItems`
 * says it.
 */
export const MAX_DISTINCT_ITEMS = 'x-max-distinct-items';

/** @param maxTargetGroups how many distinct target groups one request may name */
export function createBody(maxTargetGroups: number) {
  return z
    .strictObject({
      target_group_ids: z
        .array(id)
        .min(1)
        .meta({
          description:
            `At most ${maxTargetGroups.toLocaleString('en')} distinct ids; a deployment may set a lower limit. ` +
            'Order and duplicates do not matter.',
          [MAX_DISTINCT_ITEMS]: maxTargetGroups,
        }),
    })
    .describe('The target groups that the job is about. Any other field is refused.');
}
