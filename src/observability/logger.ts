/** The log of a function: one JSON line per event, under the names of `events.ts`. */
import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { FieldingJobsError } from '../domain/errors.ts';
import { parseTraceparent } from '../domain/trace.ts';
import type { Subject } from '../ports/journal.ts';
import { LEVELS, type Report } from './events.ts';
import { LineFormatter, lineText } from './log-line.ts';

const logger = new Logger({
  logFormatter: new LineFormatter(),
  jsonReplacerFn: (key, value) => (typeof value === 'string' ? lineText(value, key) : value),
});
let startedAt = Date.now();

/** Adds the function, the request and cold start to the lines of an invocation, and forgets what the last one added. */
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

/** Adds the trace of a request to every line of this invocation. */
export function logTrace(traceId: string): void {
  logger.appendKeys({ trace_id: traceId });
}

/** Writes one line. Names of fields are in snake case, as everywhere outside the code. */
export function writeLine({ event, ...fields }: Report, { traceparent, ...subject }: Subject = {}): void {
  const traceId = parseTraceparent(traceparent ?? '')?.traceId;
  logger[LEVELS[event]](event, {
    ...snakeCased({ ...subject, ...fields }),
    ...(traceId !== undefined && { trace_id: traceId }),
    // The last line of an invocation tells how long it took; Lambda's own REPORT line tells it of every one.
    elapsed_ms: Date.now() - startedAt,
    ...('cause' in fields && errorOf(fields.cause)),
  });
}

function snakeCased(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields)
      .filter(([name]) => name !== 'cause')
      .map(([name, value]) => [name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), value]),
  );
}

function errorOf(cause: unknown): Record<string, unknown> {
  if (cause === undefined) return {};
  if (!(cause instanceof Error)) return { cause };
  return { error: cause, ...(cause instanceof FieldingJobsError && evidenceOf(cause)) };
}

/** The evidence of an error, as a field of a log line. */
export function evidenceOf(error: FieldingJobsError): { evidence: Record<string, unknown> } {
  return { evidence: snakeCased(error.evidence) };
}
