/** The X-Ray segment of an attempt at a chunk, in the trace of the call that created its job (ADR 22). */
import { ChunkTakenError, ChunkUnfinishedError } from '../domain/errors.ts';
import { parseTraceparent } from '../domain/trace.ts';
import type { Subject } from '../ports/journal.ts';
import { makeSubjectAnnotations } from './annotations.ts';
import { makeSpanId } from './trace-context.ts';
import { beginSegment, type Failure } from './xray.ts';

/**
 * Runs `work` in a segment of its own, if the trace is recorded.
 *
 * @throws what `work` throws
 */
export async function runInChunkSegment(
  subject: Subject,
  requestId: string,
  work: () => Promise<void>,
): Promise<void> {
  const creation = parseTraceparent(subject.traceparent ?? '');
  const segment = beginSegment(
    creation && {
      ...creation,
      spanId: makeSpanId(),
      parentId: creation.spanId,
      annotations: { ...makeSubjectAnnotations(subject), function_request_id: requestId },
    },
  );
  try {
    await work();
    segment?.end();
  } catch (error) {
    segment?.end(classifyError(error));
    throw error;
  }
}

/** A chunk that will be worked on again ends as an `error`, any other failure as a `fault`. */
function classifyError(error: unknown): Failure {
  return error instanceof ChunkTakenError || error instanceof ChunkUnfinishedError ? 'error' : 'fault';
}
