/** The exit codes of the command. Scripts depend on them, so a code never changes its meaning. */
import { UsageError } from '../../tools/kit/tool-errors.ts';
import { InputError, RefusedError, UnreachableError } from '../client-errors.ts';
import type { EndedJob } from '../fielding-jobs.ts';

export const EXIT = {
  done: 0,
  someFailed: 1,
  badInput: 2,
  refused: 3,
  unreachable: 4,
  jobFailed: 5,
  other: 6,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The meaning of each code, for the help and docs/client.md. */
export const EXIT_MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  done: 'every job was accepted; with --wait, every target group is updated',
  someFailed: 'some target groups could not be updated; with --wait, every job has ended',
  badInput: 'the command line or the ids are wrong; nothing was sent',
  refused: 'the API or the issuer of tokens has refused (4xx)',
  unreachable: 'no answer that counts after all tries; repeat with the same key',
  jobFailed: 'a job has ended as Failed: some target groups could not be processed (InternalError)',
  other: 'anything else: an answer that is none of this API, an output file that cannot be written',
  interrupted: 'interrupted; repeat with the same key',
};

/** Derives the exit code of a command that threw an error. */
export function deriveExitCode(error: unknown): ExitCode {
  if (error instanceof InputError || error instanceof UsageError) return EXIT.badInput;
  if (error instanceof RefusedError) return EXIT.refused;
  return error instanceof UnreachableError ? EXIT.unreachable : EXIT.other;
}

/** Derives the exit code from the jobs that have ended; a job that still runs has not failed yet. */
export function deriveExitCodeOfJobs(jobs: readonly Pick<EndedJob, 'status' | 'failed'>[]): ExitCode {
  if (jobs.some(({ status }) => status === 'Failed')) return EXIT.jobFailed;
  return jobs.some(({ failed }) => failed.length > 0) ? EXIT.someFailed : EXIT.done;
}
