/** Which messages of a batch are done, by the rules of Lambda's event source mapping for SQS. */
import { z } from 'zod';
import type { InvocationResult } from './functions/messages.ts';

/** An empty answer, or one without a list of failures, means that all went well. */
const answerShape = z
  .object({ batchItemFailures: z.array(z.object({ itemIdentifier: z.string() })).nullish() })
  .nullable();

/**
 * Tells which messages to delete after an invocation. One that failed deletes none; neither does an answer
 * that Lambda would not understand: failures that are no list, or identifiers that are not in the batch.
 * @param messageIds those of the batch
 * @param reportsFailures whether the mapping has ReportBatchItemFailures; without it, the answer is not read
 */
export function messagesDone(
  messageIds: readonly string[],
  result: InvocationResult,
  reportsFailures: boolean,
): string[] {
  if (!result.ok) return [];
  if (!reportsFailures) return [...messageIds];
  const answer = answerShape.safeParse(JSON.parse(result.payload));
  if (!answer.success) return [];
  const failed = new Set((answer.data?.batchItemFailures ?? []).map(({ itemIdentifier }) => itemIdentifier));
  if ([...failed].some((id) => !messageIds.includes(id))) return [];
  return messageIds.filter((id) => !failed.has(id));
}
