/** Request limits for programs that send as fast as they can: above what this machine answers. */
export const HIGH_LIMITS = {
  createRateLimit: 5_000,
  createBurstLimit: 5_000,
  readRateLimit: 5_000,
  readBurstLimit: 5_000,
} as const;

/** The same limits, as options of `npm start`. */
export const HIGH_LIMIT_OPTIONS: readonly string[] = Object.entries(HIGH_LIMITS).flatMap(([key, value]) => [
  '-c',
  `${key}=${value}`,
]);
