/** Records work that no client waits for: an attempt at a chunk, and a run of reconcile (ADR 33). */
import { ChunkTakenError, ChunkUnfinishedError } from '../domain/errors.ts';
import { parseTraceparent } from '../domain/trace.ts';
import type { Subject } from '../ports/journal.ts';
import { makeSubjectAnnotations } from './annotations.ts';
import { beginSegment, readLambdaTrace, type SegmentStart } from './recording.ts';
import { makeSpanId } from './trace-context.ts';

/**
 * Runs `work` in a segment of its own, in the trace of the call that created the job.
 *
 * @throws what `work` throws
 */
export async function recordChunk(
  subject: Subject,
  requestId: string,
  work: () => Promise<void>,
): Promise<void> {
  const creation = parseTraceparent(subject.traceparent ?? '');
  await runInSegment(
    creation && {
      traceId: creation.traceId,
      spanId: makeSpanId(),
      parentId: creation.spanId,
      annotations: { ...makeSubjectAnnotations(subject), function_request_id: requestId },
    },
    work,
  );
}

/**
 * Runs `work` in a segment of its own, in Lambda's trace of the invocation.
 *
 * @throws what `work` throws
 */
export async function recordRun(requestId: string, work: () => Promise<void>): Promise<void> {
  const lambda = readLambdaTrace();
  await runInSegment(
    lambda && { ...lambda, spanId: makeSpanId(), annotations: { function_request_id: requestId } },
    work,
  );
}

async function runInSegment(start: SegmentStart | undefined, work: () => Promise<void>): Promise<void> {
  const segment = await beginSegment(start);
  try {
    await work();
    segment?.end();
  } catch (error) {
    // A chunk that will be worked on again is an error; any other failure is a fault.
    if (error instanceof ChunkTakenError || error instanceof ChunkUnfinishedError) segment?.end('error');
    else {
      segment?.addError(error);
      segment?.end('fault');
    }
    throw error;
  }
}
