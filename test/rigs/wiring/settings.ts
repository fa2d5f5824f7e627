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
  // Stops three quarters of the way, after 12.75 s: late enough for seven tries on a busy machine.
  workerTimeoutSeconds: 17,
  clockSkewSeconds: 131,
  maxReceiveCount: 4,
  workerMaxConcurrency: 9,
  workerRate: 251,
  maxOpenJobsPerAccount: 211,
  maxOpenTargetGroupsPerAccount: 20_011,
  maxOpenTargetGroups: 1_000_003,
  createRateLimit: 4001,
  createBurstLimit: 4003,
  readRateLimit: 4007,
  readBurstLimit: 4013,
} as const;
