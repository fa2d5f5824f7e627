/** Tells the user what to do after the command has failed. */
import { IDEMPOTENCY_KEY } from '../../api/header-names.ts';
import { RefusedError } from '../client-errors.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';

/**
 * Makes the advice for an error.
 * @param key idempotency key of the command; undefined when nothing was sent
 * @returns undefined when the error says enough
 */
export function makeAdvice(error: Error, exitCode: ExitCode, key: string | undefined): string | undefined {
  const again =
    key === undefined ? undefined : `Repeat the command with --key ${key}: nothing is done twice.`;
  if (!(error instanceof RefusedError)) return exitCode === EXIT.badInput ? undefined : again;
  const faults = new Set(error.invalidParams.map(({ name }) => name));
  if (faults.has(IDEMPOTENCY_KEY)) {
    return 'The key was used for other target groups, or with another --max-per-job. Use a new key, or repeat what the key was used for.';
  }
  if (faults.has('target_group_ids')) {
    return 'If this deployment takes fewer target groups in a job, set --max-per-job. The key can be used again.';
  }
  if (error.status === 401) return `The token is wrong or has expired: get another. ${again ?? ''}`.trimEnd();
  return again === undefined ? undefined : `When that is corrected: ${again}`;
}
