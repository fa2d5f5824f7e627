/** How the command reports its progress: to a person, or as lines of JSON to a script. */
import type { AcceptedJob, EndedJob, JobState } from '../fielding-jobs.ts';
import type { JobPlan } from '../job-plan.ts';
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
  reportPlan(plan: JobPlan, duplicates: number): void;
  reportAccepted(job: AcceptedJob): void;
  /** Reports a job that still runs and is read again and again (`--wait`). */
  reportProgress(state: JobState): void;
  /** Reports a job that still runs and is read once. */
  reportRunning(state: JobState): void;
  reportEnded(job: EndedJob): void;
  reportSummary(summary: Summary): void;
  reportFailure(failure: Failure): void;
}
