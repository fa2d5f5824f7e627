/**
 * Limits for programs that send as fast as they can, above what this machine answers, also with deadlines of
 * seconds: the stack counts on so much of its workers that no limit on open work is reached.
 */
export const HIGH_LIMITS = {
  createRateLimit: 5_000,
  createBurstLimit: 5_000,
  readRateLimit: 5_000,
  readBurstLimit: 5_000,
  workerRate: 100_000_000,
  maxOpenJobsPerAccount: 10_000,
  maxOpenTargetGroupsPerAccount: 1_000_000_000,
} as const;

/** The same limits, as options of `npm start`. */
export const HIGH_LIMIT_OPTIONS: readonly string[] = Object.entries(HIGH_LIMITS).flatMap(([key, value]) => [
  '-c',
  `${key}=${value}`,
]);
