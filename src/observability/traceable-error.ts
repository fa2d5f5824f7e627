/** Makes what a trace may show of an error (ADR 33). */
import { FieldingJobsError } from '../domain/errors.ts';

/**
 * The message of an error that is not ours can quote what a client sent or what is stored, so it is in the
 * log only.
 */
export function makeTraceableError(error: unknown): Error {
  const { name, stack = '' } = error instanceof Error ? error : new Error();
  const message = error instanceof FieldingJobsError ? error.message : 'The log has the message.';
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line));
  return { name, message, stack: [`${name}: ${message}`, ...frames].join('\n') };
}
