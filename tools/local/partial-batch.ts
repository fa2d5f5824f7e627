/**
 * Decides which messages of a batch are done, by the rules of Lambda's event source mapping for SQS.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
import { z } from 'zod';
import type { InvocationResult } from './functions/messages.ts';

/** An empty answer, or one without a list of failures, means that all messages succeeded. */
const answerShape = z
  .object({ batchItemFailures: z.array(z.object({ itemIdentifier: z.string() })).nullish() })
  .nullable();

/**
 * Returns the messages to delete after an invocation: none when it failed, and none when its answer is
 * invalid (failures that are not a list, or identifiers that are not in the batch).
 * @param messageIds ids of all messages of the batch
 * @param reportsFailures whether the mapping has ReportBatchItemFailures; without it, the answer is ignored
 */
export function listDoneMessages(
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
