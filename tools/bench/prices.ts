/**
 * What AWS asks for, in dollars: the public price list of us-east-1 without free tiers, discounts and taxes.
 * Tiers above the first are left out: a job of a million target groups does not reach them.
 *
 * On PRICES_DATE each was compared with copies and reports of the price list, the newest of 2026, not with
 * the live pages below; those marked `unverified` were not found there and are as generally known. Those of
 * KMS's requests, networks and x86 were compared in the same way a day later.
 */

export const PRICES_DATE = '2026-11-27';

/** Where each price stands. */
export const PRICE_SOURCES = {
  dynamodb: 'https://aws.amazon.com/dynamodb/pricing/on-demand/',
  sqs: 'https://aws.amazon.com/sqs/pricing/',
  lambda: 'https://aws.amazon.com/lambda/pricing/',
  api: 'https://aws.amazon.com/api-gateway/pricing/',
  logs: 'https://aws.amazon.com/cloudwatch/pricing/',
  traces: 'https://aws.amazon.com/xray/pricing/',
  schedules: 'https://aws.amazon.com/eventbridge/pricing/',
  stepFunctions: 'https://aws.amazon.com/step-functions/pricing/',
  keys: 'https://aws.amazon.com/kms/pricing/',
  nat: 'https://aws.amazon.com/vpc/pricing/',
  endpoints: 'https://aws.amazon.com/privatelink/pricing/',
  redis: 'https://aws.amazon.com/elasticache/pricing/',
  fargate: 'https://aws.amazon.com/fargate/pricing/',
} as const;

const MILLION = 1_000_000;

export const PRICES = {
  /** A write of up to 1 KB, on demand. */
  writeUnit: 0.625 / MILLION,
  /** A consistent read of up to 4 KB, on demand. */
  readUnit: 0.125 / MILLION,
  /** A request to a standard queue, per 64 KB of what it carries. */
  queueRequest: 0.4 / MILLION,
  /**
   * What a message group id costs on a standard queue (fair queues), per request; of which requests is
   * unverified.
   */
  fairQueueRequest: 0.1 / MILLION,
  invocation: 0.2 / MILLION,
  /** Of a function on arm64. */
  gigabyteSecond: 0.0000133334,
  gigabyteSecondOnX86: 0.0000166667,
  /** A request to an HTTP API, per 512 KB. */
  apiRequest: 1.0 / MILLION,
  /** Of log lines taken in; a GB has 2^30 bytes. */
  logGigabyte: 0.5,
  /** A trace recorded. */
  trace: 5.0 / MILLION,
  scheduledRun: 1.0 / MILLION,
  /** Of a Standard workflow of Step Functions. */
  stateTransition: 25.0 / MILLION,
  /** A request to an Express workflow. */
  expressRequest: 1.0 / MILLION,
  /** Of an Express workflow, up to 1,000 hours a month. */
  expressGigabyteSecond: 0.00001667,
  /** Each for a month: a custom metric, a metric that an alarm of standard resolution reads, a dashboard. */
  metricMonth: 0.3,
  alarmMetricMonth: 0.1,
  dashboardMonth: 3.0,
  /**
   * A customer managed key, for a month. Each of its first two rotations adds as much: unverified, left out.
   */
  keyMonth: 1.0,
  /** A request to KMS with a symmetric key, of ours or of a service in our name. */
  keyRequest: 0.03 / 10_000,
  /** A NAT gateway, and an interface endpoint in one zone, an hour; each GB costs as much again. */
  natGatewayHour: 0.045,
  /** A public IPv4 address, an hour. */
  publicAddressHour: 0.005,
  endpointHour: 0.01,
  /** cache.t4g.small, an hour; unverified. */
  redisHour: 0.032,
  /** Fargate on arm64: a vCPU and a GB, an hour. */
  vcpuHour: 0.03238,
  memoryHour: 0.00356,
} as const;
