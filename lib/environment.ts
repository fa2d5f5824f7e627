/** The environment variables of each function: nothing that it does not read. */
import type { ChunksQueue } from './chunks-queue.ts';
import type { Config } from './config.ts';
import { type FunctionName, timeoutSeconds } from './function-sizes.ts';
import { SERVICE } from '../src/observability/metric-names.ts';
import type { Tables } from './tables.ts';
import { claimSeconds } from './timing.ts';

/**
 * Writes in flight per function. At a few milliseconds each, 16 keep a function's share of a CPU busy; more
 * would wait for the CPU, not for DynamoDB.
 */
const PARALLELISM = 16;

const SECONDS_PER_HOUR = 3_600;

type Environment = Record<string, string>;

/** The environment of every function, by name. */
export function environments(
  config: Config,
  tables: Tables,
  chunks: ChunksQueue,
): Record<FunctionName, Environment> {
  const common = {
    POWERTOOLS_SERVICE_NAME: SERVICE,
    POWERTOOLS_LOG_LEVEL: config.logLevel,
    POWERTOOLS_LOGGER_SAMPLE_RATE: String(config.debugSampleRate),
    // Stack traces in the logs name the sources, not the one long line of the bundle.
    NODE_OPTIONS: '--enable-source-maps',
  };
  // One namespace per stack, so that two stacks of an account do not mix their metrics.
  const metrics = { POWERTOOLS_METRICS_NAMESPACE: config.stackName };
  const tokens = {
    TOKEN_ISSUER: config.issuer,
    TOKEN_AUDIENCE: config.audience,
    TOKEN_JWKS_URL: config.jwksUrl,
    TOKEN_ACCOUNTS_CLAIM: config.accountsClaim,
    TOKEN_SCOPES_CLAIM: config.scopesClaim,
  };
  const jobs = { JOBS_TABLE: tables.jobs.tableName };
  const targetGroups = { TARGET_GROUPS_TABLE: tables.targetGroups.tableName };
  const queue = { CHUNKS_QUEUE_URL: chunks.queue.queueUrl };
  const stalled = { STALLED_SECONDS: String(config.stalledSeconds) };

  return {
    'create-job': {
      ...common,
      ...metrics,
      ...tokens,
      ...jobs,
      ...targetGroups,
      ...queue,
      ...stalled,
      IDEMPOTENCY_TABLE: tables.idempotency.tableName,
      IDEMPOTENCY_TTL_SECONDS: String(config.idempotencyHours * SECONDS_PER_HOUR),
      MAX_TARGET_GROUPS: String(config.maxTargetGroupsPerJob),
      CHUNK_SIZE: String(config.chunkSize),
      JOB_RETENTION_DAYS: String(config.jobRetentionDays),
    },
    'get-job': { ...common, ...metrics, ...tokens, ...jobs },
    'get-fielding-runs': { ...common, ...metrics, ...tokens, ...targetGroups },
    'not-found': common,
    worker: { ...common, ...metrics, ...jobs, ...targetGroups, ...queue, ...writer('worker', config) },
    reconcile: {
      ...common,
      ...metrics,
      ...jobs,
      ...targetGroups,
      ...queue,
      ...stalled,
      DEADLINE_SECONDS: String(config.deadlineSeconds),
      ...writer('reconcile', config),
    },
  };
}

/** What a function that settles chunks needs: a claim outlives the function and any skew of its clock. */
function writer(name: FunctionName, config: Config): Environment {
  return {
    PARALLELISM: String(PARALLELISM),
    CLAIM_SECONDS: String(claimSeconds(timeoutSeconds(name, config), config.clockSkewSeconds)),
  };
}
