/** The log of a function: one JSON line per event, under the names of `events.ts`. */
import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { FieldingJobsError } from '../../domain/errors.ts';
import type { Journal } from '../../ports/journal.ts';
import { type EventName, LEVELS } from './events.ts';
import { LineFormatter, lineText } from './log-line.ts';

const logger = new Logger({
  logFormatter: new LineFormatter(),
  jsonReplacerFn: (key, value) => (typeof value === 'string' ? lineText(value, key) : value),
});

/** Adds the function, the request and cold start to the lines of an invocation, and forgets what the last one added. */
export function logInvocation() {
  return injectLambdaContext(logger, { resetKeys: true });
}

/** Adds the trace to every further line of this invocation, in place of an earlier one. */
export function logTrace(traceId: string): void {
  logger.appendKeys({ trace_id: traceId });
}

/** Takes the trace off the further lines. */
export function forgetTrace(): void {
  logger.removeKeys(['trace_id']);
}

/**
 * Writes one line.
 *
 * @param fields their names are written in snake case, as everywhere outside the code
 */
export function log(event: EventName, fields: Readonly<Record<string, unknown>>): void {
  logger[LEVELS[event]](event, { ...snakeCased(fields), ...errorOf(fields['cause']) });
}

/** The journal as log lines. */
export const logJournal: Journal = {
  note: ({ event, ...fields }) => {
    log(event, fields);
  },
};

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
