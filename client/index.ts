/** The exports of the library: `import { FieldingJobs } from 'fielding-jobs'`. */
export type { FailedTargetGroup, Job } from './answers.ts';
export {
  InputError,
  type InvalidParam,
  RefusedError,
  UnexpectedAnswerError,
  UnreachableError,
} from './errors.ts';
export {
  type AcceptedJob,
  type CreateOptions,
  type EndedJob,
  FieldingJobs,
  type FieldingJobsOptions,
  type JobState,
  type WaitOptions,
} from './fielding-jobs.ts';
export { type JobPart, type JobPlan, type JobRequest, MAX_PER_JOB, planOf } from './plan.ts';
export type { Retry } from './retry.ts';
export type { ClientCredentials } from './tokens.ts';
export type { JobAddress } from './urls.ts';
export type { World } from './world.ts';
