/** Computes how much open work the stack takes, and by how much that may be exceeded (ADR 39). */

/**
 * How old what create-job knows of the stack's open work may be, seconds: an estimate is used for 2
 * (`ESTIMATE_MS` in admission.ts), and a job is counted within the second after its decision.
 */
export const KNOWN_FOR_SECONDS = 3;

/** Routes that create jobs, each with its own `createRateLimit`: with and without `/v1`. */
const CREATE_ROUTES = 2;

interface OpenWorkSettings {
  readonly workerMaxConcurrency: number;
  readonly workerRate: number;
  readonly deadlineSeconds: number;
  readonly createRateLimit: number;
  readonly createBurstLimit: number;
  readonly maxTargetGroupsPerJob: number;
  readonly maxOpenTargetGroups?: number | undefined;
}

type Workers = Pick<OpenWorkSettings, 'workerMaxConcurrency' | 'workerRate'>;

/** Computes the target groups a second that all workers together are counted on to move. */
export function computeWorkRate({ workerMaxConcurrency, workerRate }: Workers): number {
  return workerMaxConcurrency * workerRate;
}

/** Computes the target groups that the workers move in half of a job's deadline. */
export function computeHalfDeadlineWork(settings: OpenWorkSettings): number {
  return Math.floor((computeWorkRate(settings) * settings.deadlineSeconds) / 2);
}

/**
 * Computes the target groups that may be accepted beyond the limit: what all calls may name that are let in
 * while no function knows of them.
 */
export function computeExcess({
  createRateLimit,
  createBurstLimit,
  maxTargetGroupsPerJob,
}: OpenWorkSettings): number {
  const calls = CREATE_ROUTES * (createRateLimit * KNOWN_FOR_SECONDS + createBurstLimit);
  return calls * maxTargetGroupsPerJob;
}

/** Returns the limit of the stack: as configured, or what leaves room for the excess. */
export function computeMaxOpenTargetGroups(settings: OpenWorkSettings): number {
  return settings.maxOpenTargetGroups ?? computeHalfDeadlineWork(settings) - computeExcess(settings);
}
