/** The exports of the library: `import { FieldingJobs } from 'fielding-jobs'`. */
export type { FailedTargetGroup, Job } from './read-answers.ts';
export {
  InputError,
  type InvalidParam,
  RefusedError,
  UnexpectedAnswerError,
  UnreachableError,
} from './client-errors.ts';
export {
  type AcceptedJob,
  type CreateOptions,
  type EndedJob,
  FieldingJobs,
  type FieldingJobsOptions,
  type JobState,
  type WaitOptions,
} from './fielding-jobs.ts';
export { type JobPart, type JobPlan, type JobRequest, MAX_PER_JOB, planJobs } from './job-plan.ts';
export type { Retry } from './retry-with-jitter.ts';
export type { ClientCredentials } from './access-tokens.ts';
export type { JobAddress } from './urls.ts';
export type { ClientDeps } from './client-deps.ts';
