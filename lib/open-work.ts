/** Computes how much open work the stack takes, and by how much that may be exceeded (ADR 39). */

/** How old what create-job knows of the stack's open work may be, seconds: `ESTIMATE_MS` in admission.ts. */
const KNOWN_FOR_SECONDS = 2;

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

/** Computes the target groups that the workers move in half of a job's deadline. */
export function computeHalfDeadlineWork({
  workerMaxConcurrency,
  workerRate,
  deadlineSeconds,
}: OpenWorkSettings): number {
  return Math.floor((workerMaxConcurrency * workerRate * deadlineSeconds) / 2);
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
