/** The log of a function: one JSON line per event of `events.ts`. */
import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { FieldingJobsError } from '../domain/errors.ts';
import { parseTraceparent } from '../domain/trace.ts';
import type { Subject } from '../ports/journal.ts';
import { LEVELS, type Report } from './events.ts';
import { LineFormatter, sanitizeText } from './log-line.ts';

const logger = new Logger({
  logFormatter: new LineFormatter(),
  jsonReplacerFn: (key, value) => (typeof value === 'string' ? sanitizeText(value, key) : value),
});
let startedAt = Date.now();

/**
 * Middlewares that add function, request id and cold start to all lines of an invocation, and then drop them.
 */
export function logInvocation() {
  return [
    {
      before: () => {
        startedAt = Date.now();
      },
    },
    injectLambdaContext(logger, { resetKeys: true }),
  ];
}

/** Adds the trace id of a request to all further lines of this invocation. */
export function appendTraceId(traceId: string): void {
  logger.appendKeys({ trace_id: traceId });
}

/** Writes one line. Field names are in snake case, as everywhere outside the code. */
export function writeLine({ event, ...fields }: Report, { traceparent, ...subject }: Subject = {}): void {
  const traceId = parseTraceparent(traceparent ?? '')?.traceId;
  logger[LEVELS[event]](event, {
    ...convertToSnakeCase({ ...subject, ...fields }),
    ...(traceId !== undefined && { trace_id: traceId }),
    // On the last line this is about the invocation's duration. Lambda's REPORT line has the exact one.
    elapsed_ms: Date.now() - startedAt,
    ...('cause' in fields && describeCause(fields.cause)),
  });
}

function convertToSnakeCase(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields)
      .filter(([name]) => name !== 'cause')
      .map(([name, value]) => [name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), value]),
  );
}

function describeCause(cause: unknown): Record<string, unknown> {
  if (cause === undefined) return {};
  if (!(cause instanceof Error)) return { cause };
  return { error: cause, ...(cause instanceof FieldingJobsError && formatEvidence(cause)) };
}

/** Makes the log field with the evidence of an error. */
export function formatEvidence(error: FieldingJobsError): { evidence: Record<string, unknown> } {
  return { evidence: convertToSnakeCase(error.evidence) };
}
