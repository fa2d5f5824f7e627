/** The configuration of the rig: no value is the default and no two are equal, so that a mix-up shows. */

/** How the claims of tokens are called here. */
export const ACCOUNTS_CLAIM = 'https://wiring.test/accounts';
export const SCOPES_CLAIM = 'permissions';

export const SETTINGS = {
  issuer: 'https://issuer.wiring.test/',
  audience: 'wiring',
  accountsClaim: ACCOUNTS_CLAIM,
  scopesClaim: SCOPES_CLAIM,
  maxTargetGroupsPerJob: 23,
  chunkSize: 3,
  jobRetentionDays: 17,
  idempotencyHours: 7,
  stalledSeconds: 613,
  deadlineSeconds: 2417,
  // Stops three quarters of the way, 8.25 s after it has begun.
  workerTimeoutSeconds: 11,
  clockSkewSeconds: 131,
  maxReceiveCount: 4,
  workerMaxConcurrency: 9,
  createRateLimit: 4001,
  createBurstLimit: 4003,
  readRateLimit: 4007,
  readBurstLimit: 4013,
} as const;
