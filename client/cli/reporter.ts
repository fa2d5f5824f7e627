/** How the command reports its progress: to a person, or as lines of JSON to a script. */
import type { AcceptedJob, EndedJob, JobState } from '../fielding-jobs.ts';
import type { JobPlan } from '../plan.ts';
import type { ExitCode } from './exit-codes.ts';
import type { Reason } from './reasons.ts';

export interface Summary {
  readonly jobs: number;
  readonly updated: number;
  readonly failed: number;
  readonly reasons: readonly Reason[];
  /** The file of `--output`. */
  readonly output: string | undefined;
}

export interface Failure {
  readonly error: Error;
  readonly exitCode: ExitCode;
  /** The key to repeat the command with; undefined before there is one. */
  readonly key: string | undefined;
}

export interface Reporter {
  planned(plan: JobPlan, duplicates: number): void;
  accepted(job: AcceptedJob): void;
  /** Reports a job that still runs and is read again and again (`--wait`). */
  progress(state: JobState): void;
  /** Reports a job that still runs and is read once. */
  running(state: JobState): void;
  ended(job: EndedJob): void;
  summary(summary: Summary): void;
  failure(failure: Failure): void;
}
