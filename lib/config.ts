/**
 * The stack's configuration: every key with its default, its bounds and what it does, in one table.
 *
 * Values come from CDK context (the `context` of cdk.json, or `cdk deploy -c key=value`) and from the file of
 * an environment (environment.ts, ADR 34).
 */
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { z } from 'zod';
import { MAX_TARGET_GROUPS } from '../api/limits.ts';
import { SCOPE_OF } from '../api/scopes.ts';
import {
  makeAddressEnvironment,
  optionalBasePath,
  optionalCertificateArn,
  optionalDomainName,
  optionalOrigins,
} from './api-address.ts';
import { listWrongCdkSettings } from './cdk-context.ts';
import { findAccount, findRegion, isInChina, isOfAccount, isOfRegion, optionalArn } from './arns.ts';
import { findNearMisses } from './near-misses.ts';
import { computeExcess, computeHalfDeadlineWork, computeMaxOpenTargetGroups } from './open-work.ts';
import {
  lacksAudience,
  makeKeyEnvironment,
  makeTokenEnvironment,
  measureEnvironment,
  PLACEHOLDER_AUDIENCE,
} from './token-rules.ts';
import { computeVisibilitySeconds } from './worker-times.ts';
import {
  issuerAddress,
  matching,
  optionalAccountsByClient,
  optionalMatching,
  optionalTags,
  readNotes,
  oneOf,
  oneOfNumbers,
  optionalEmail,
  optionalIds,
  optionalIssuerAddress,
  optionalTableName,
  optionalWholeNumber,
  optionalWords,
  type SettingNotes,
  share,
  wholeNumber,
  word,
  words,
  yesOrNo,
} from './setting.ts';

const SECONDS_PER_HOUR = 3_600;
const SECONDS_PER_DAY = 86_400;

const LOG_RETENTION_DAYS = Object.values(RetentionDays)
  .filter((days) => typeof days === 'number')
  .filter((days) => days !== RetentionDays.INFINITE);

/**
 * Most chunks of a job. Each set-add is billed for all of META, in which the set of settled chunks grows: 2
 * units at the end of 500 chunks (docs/costs.md), and some 30 at the end of 10,000.
 */
const MAX_CHUNKS_PER_JOB = 500;

/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html */
const MOST_MEMORY_MB = 10_240;
const LEAST_MEMORY_MB = 256;

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html, units a second */
const MOST_WARM_UNITS = 40_000;

/** AWS refuses reservations that leave less: docs/deploying.md */
const UNRESERVED_CONCURRENCY = 100;

/**
 * Most bytes that the settings of tokens and of the address may have in the environment of a function, as
 * Lambda measures them.
 * All variables of a function together may have 4 KB:
 * https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
export const MAX_TOKEN_BYTES = 2_200;

const settings = z.object({
  // CloudFormation's limit is 128, and the name of the data stack is four longer.
  stackName: matching(
    /^[A-Za-z][A-Za-z0-9-]{0,123}$/,
    'a letter, then up to 123 letters, digits or hyphens',
    'FieldingJobs',
    'Name of the CloudFormation stack of the service. The stack of the tables is `<stackName>Data` by name.',
  ),
  // A number in JSON would lose the zeros that an account may begin with.
  account: optionalMatching(
    /^\d{12}$/,
    'text of 12 digits',
    'AWS account to deploy to. Without it, that of the credentials.',
  ),
  region: optionalMatching(
    /^[a-z]{2,4}(-[a-z]+){1,2}-\d{1,2}$/,
    'the code of a region, like eu-west-1',
    'AWS region to deploy to. Without it, that of the AWS configuration.',
  ),
  tags: optionalTags('Tags of every resource that takes tags. With `-c`, as JSON text.'),
  issuer: issuerAddress(
    'https://issuer.example.com/',
    'Issuer of the tokens: their `iss` claim, character by character. A real deployment must set it.',
  ),
  audience: words(
    [PLACEHOLDER_AUDIENCE],
    'Audiences: one of them is the `aud` claim of a token. Either this or `clientIds` must be set in a real deployment.',
  ),
  jwksUrl: optionalIssuerAddress(
    "Address of the issuer's public keys (JWKS). Without it, the one in the issuer's OIDC discovery document.",
  ),
  keySetMaxAgeHours: wholeNumber(
    1,
    24 * 30,
    24,
    "Hours for which the issuer's keys are used after they were fetched, while it is down. After that, 503.",
  ),
  clientIds: optionalWords(
    'Clients whose tokens need no `aud` claim if they have `token_use`: `access`, as those of Cognito have.',
  ),
  scopesClaim: words(['scope'], 'Claims that list the scopes of a token. All that are present count.'),
  writeScope: word(SCOPE_OF.createJob, 'Scope in the token that creates jobs.'),
  readScope: word(SCOPE_OF.getJob, 'Scope in the token that reads jobs and fielding runs.'),
  accountsClaim: word('account_ids', 'Claim that lists the accounts a token may act for.'),
  accountsByClient: optionalAccountsByClient(
    'Accounts of machines whose tokens have no accounts claim, by client. Never for a token that names a user.',
  ),
  clientClaims: words(
    ['client_id', 'azp', 'appid', 'cid'],
    'Claims that name the client of a token. The first that is present counts.',
  ),
  callerClaims: words(
    ['sub', 'client_id', 'azp', 'appid'],
    'Claims that say who calls, for `created_by`. The first that is present counts.',
  ),
  clockToleranceSeconds: wholeNumber(
    0,
    300,
    60,
    "How far the issuer's clock and ours may be apart, when `exp` and `nbf` of a token are checked.",
  ),
  maxTargetGroupsPerJob: wholeNumber(
    1,
    MAX_TARGET_GROUPS,
    MAX_TARGET_GROUPS,
    'Most target groups one job may name.',
  ),
  // With 200, the three write units of a chunk itself are 1.5 % of its writes. Ten messages are just below
  // 64 KB, so one billed request. A job of 10,000 has 50 chunks, enough for all workers, and a killed worker
  // loses little work.
  chunkSize: wholeNumber(1, 1_000, 200, 'Target groups per message, and so per unit of retried work.'),
  jobRetentionDays: wholeNumber(1, 3_650, 30, 'Days a job can be read after its creation.'),
  idempotencyHours: wholeNumber(
    1,
    24 * 365,
    24,
    'Hours that the idempotency table remembers a create call; after that, its job does, for as long as it lives.',
  ),
  stalledSeconds: wholeNumber(
    14,
    SECONDS_PER_DAY,
    600,
    'Seconds without progress after which the unsettled chunks of a job are enqueued again.',
  ),
  deadlineSeconds: wholeNumber(
    15,
    SECONDS_PER_DAY,
    3_600,
    'Seconds after its creation at which a job is given up: what could still move is InternalError.',
  ),
  workerTimeoutSeconds: wholeNumber(
    1,
    900,
    30,
    'Timeout of the worker function. Claims of chunks and the visibility timeout of messages follow from it.',
  ),
  // Lambda's environments set their clocks by NTP (`TZ` in the list of variables), and the Amazon Time Sync
  // Service that AWS's services use gives 1 ms, so that 10 s are far more than two clocks differ:
  // https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
  // https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/set-time.html
  // https://aws.amazon.com/blogs/compute/its-about-time-microsecond-accurate-clocks-on-amazon-ec2-instances/
  clockSkewSeconds: wholeNumber(
    1,
    3_600,
    10,
    'How far the clocks of two functions may be apart. Claims of chunks last so much longer than the functions run.',
  ),
  // A new on-demand table takes 4,000 writes per second, so 400 for each of 10 workers:
  // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html
  // The queues of chunks and of give-ups have this limit each (lib/work-queue.ts). So twice as many workers
  // can run at once, and an account needs concurrency for them; those that give up read and do not move.
  workerMaxConcurrency: wholeNumber(
    2,
    1_000,
    10,
    'Most workers at a time on chunks, and as many on give-ups, so that they starve nobody else.',
  ),
  // Some 230 are calculated for a worker of the default memory (docs/performance.md); the rest is for slow
  // calls and for chunks that are tried again.
  workerRate: wholeNumber(
    1,
    1_000_000_000,
    200,
    'Target groups a second that one worker is counted on to move. The limits of open work follow from it.',
  ),
  // A pass of reconcile reads 20,000 jobs of an account (`MOST_PER_ACCOUNT`), and must count them all.
  maxOpenJobsPerAccount: wholeNumber(
    1,
    10_000,
    1_000,
    'Open jobs of one account from which on its creates are refused with 429.',
  ),
  maxOpenTargetGroupsPerAccount: wholeNumber(
    1,
    1_000_000_000,
    1_000_000,
    'Target groups in the open jobs of one account above which a create is refused with 429.',
  ),
  maxOpenTargetGroups: optionalWholeNumber(
    1,
    1_000_000_000,
    'Target groups in all open jobs above which a create is refused with 503. Without it, what the workers move in ' +
      'half of deadlineSeconds, less what may be accepted too much.',
  ),
  // Not less than 256 MB: with the largest job a function holds up to 110 MB beyond Node.js itself, and its
  // heap is only a part of the memory. The reasons for the defaults are in lib/functions/.
  workerMemoryMb: wholeNumber(
    LEAST_MEMORY_MB,
    MOST_MEMORY_MB,
    512,
    'Memory of the worker in MB. Its CPU, and so its rate, grows with it up to 1769.',
  ),
  createMemoryMb: wholeNumber(
    LEAST_MEMORY_MB,
    MOST_MEMORY_MB,
    1_024,
    'Memory of create-job in MB, with which its CPU grows.',
  ),
  readMemoryMb: wholeNumber(
    LEAST_MEMORY_MB,
    MOST_MEMORY_MB,
    1_024,
    'Memory of get-job in MB, with which its CPU grows.',
  ),
  reconcileMemoryMb: wholeNumber(
    LEAST_MEMORY_MB,
    MOST_MEMORY_MB,
    512,
    'Memory of reconcile in MB. With more open jobs than some 100,000 it needs more.',
  ),
  // What a new table takes anyway, up to the quota of a table, which AWS can raise:
  // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/warm-throughput.html
  warmWrites: optionalWholeNumber(
    4_000,
    MOST_WARM_UNITS,
    'Writes a second that the target groups table takes from the start. Without it, what DynamoDB gives: 4,000. AWS never lowers it.',
  ),
  warmReads: optionalWholeNumber(
    12_000,
    MOST_WARM_UNITS,
    'Reads a second that the target groups table takes from the start. Without it, what DynamoDB gives: 12,000. AWS never lowers it.',
  ),
  // Two routes create. At 20 requests per second of about 150 ms, they are 6 concurrent functions, which even
  // a new account has (ADR 20).
  createRateLimit: wholeNumber(
    1,
    10_000,
    20,
    'Requests a second that each route that creates jobs takes; above it, 429.',
  ),
  createBurstLimit: wholeNumber(
    1,
    5_000,
    40,
    'Requests that each route that creates jobs takes at once, after a pause.',
  ),
  readRateLimit: wholeNumber(
    1,
    10_000,
    50,
    'Requests a second that each route that reads takes, and all unknown routes together.',
  ),
  readBurstLimit: wholeNumber(
    1,
    5_000,
    100,
    'Requests that each route that reads takes at once, after a pause.',
  ),
  domainName: optionalDomainName(
    'Custom domain of the API, which the stack makes. The address of API Gateway is then off, and `Location` absolute.',
  ),
  // https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-regional-api-custom-domain-create.html
  certificateArn: optionalCertificateArn(
    'Certificate of the custom domain, of the region and account of the stack.',
  ),
  basePath: optionalBasePath('Path of the API on its custom domain. Without it, the root.'),
  corsOrigins: optionalOrigins(
    'Origins whose web pages may call the API. Without it, browsers let no page of another origin call it.',
  ),
  createReservedConcurrency: optionalWholeNumber(
    1,
    1_000,
    'Most create-job functions at a time, taken from what the account has. Without it, all that the account has.',
  ),
  readReservedConcurrency: optionalWholeNumber(
    1,
    1_000,
    'get-job functions kept free for reads, and the most at a time. Without it, all that the account has.',
  ),
  accountConcurrency: wholeNumber(
    10,
    100_000,
    1_000,
    'Concurrent functions that AWS grants the account in the region. A new account may have 10.',
  ),
  // Deliveries of a throttled or handed-back chunk count, too. A chunk that is handed back returns after
  // 10 s, 20 s, 40 s and so on up to 300 s, so eight deliveries take at least 15 minutes (ADR 17).
  maxReceiveCount: wholeNumber(
    1,
    1_000,
    8,
    'Deliveries of a message before it goes to the dead-letter queue. AWS advises 5 or more.',
  ),
  logRetentionDays: oneOfNumbers(LOG_RETENTION_DAYS, RetentionDays.ONE_MONTH, 'Days that logs are kept.'),
  logLevel: oneOf(
    ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'SILENT', 'CRITICAL'],
    'INFO',
    'Least level of a log line that is written.',
  ),
  debugSampleRate: share(0, 'Share of the invocations that write every log line, whatever `logLevel` says.'),
  tracing: oneOf(
    ['active', 'off'],
    'active',
    'Whether Lambda samples invocations for X-Ray, and the functions record those. `off` where there is no X-Ray.',
  ),
  // Most of each: https://docs.aws.amazon.com/lambda/latest/api/API_VpcConfig.html
  subnetIds: optionalIds(
    /^subnet-[0-9a-f]{8,17}$/,
    16,
    'a list of 1 to 16 different subnets, like subnet-0a1b2c3d4e5f67890',
    'Subnets that the functions run in, of one VPC, with securityGroupIds. They must have a way to AWS and to the issuer.',
  ),
  securityGroupIds: optionalIds(
    /^sg-[0-9a-f]{8,17}$/,
    5,
    'a list of 1 to 5 different security groups, like sg-0a1b2c3d4e5f67890',
    'Security groups of the functions in their subnets. They must let HTTPS out; nothing comes in.',
  ),
  architecture: oneOf(
    ['arm64', 'x86_64'],
    'arm64',
    'Processor of the functions. `x86_64` where Lambda has no arm64, or a policy asks for it; it costs a quarter more.',
  ),
  removalPolicy: oneOf(
    ['retain', 'destroy'],
    'retain',
    'What happens to tables and logs when their stack is deleted, or no longer has them.',
  ),
  protect: yesOrNo(
    false,
    'Whether both stacks and the tables are protected from deletion. Not before the first deployment has succeeded.',
  ),
  kmsKeyArn: optionalArn(
    'kms',
    'key/(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})',
    'the ARN of a key, not of an alias: arn:<partition>:kms:<region>:<account>:key/<id>',
    'Key of yours that encrypts tables, queues, logs and the alarm topic. Without it, the keys of AWS, and one for the topic.',
  ),
  jobsTable: optionalTableName('Name of an existing table of jobs, to use instead of making one.'),
  targetGroupsTable: optionalTableName(
    'Name of an existing table of target groups, to use instead of making one.',
  ),
  idempotencyTable: optionalTableName(
    'Name of an existing table of idempotency records, to use instead of making one.',
  ),
  keySetsTable: optionalTableName(
    "Name of an existing table of the issuer's keys, to use instead of making one.",
  ),
  alarmEmail: optionalEmail('Address that alarms are sent to. Without it, the topic has no subscription.'),
  alarmTopicArn: optionalArn(
    'sns',
    '[\\w-]{1,256}',
    'the ARN of a standard topic: arn:<partition>:sns:<region>:<account>:<name>',
    'Existing topic that alarms are sent to, instead of making one. Its policy must let CloudWatch publish.',
  ),
  runbookUrl: optionalMatching(
    // A bracket or quote would end the link in the text of the dashboard, or in a mail.
    /^https:\/\/[\w.-]+(:\d+)?(\/[\w./?&=%:;@~+,!$*-]*)?$(?<=^.{1,500})/,
    'an https:// URL of at most 500 letters, digits and -._~:/?&=%;@+,!$*',
    'Address of your copy of the runbook: alarms link to `<runbookUrl>#<name of the alarm>`. Without it, they name the page.',
  ),
  alarmErrorPercent: wholeNumber(
    1,
    100,
    5,
    'Share of requests, or of invocations of a function, in percent, that raises an alarm when it fails.',
  ),
  // Of a few requests one failure is a large share, but no reason for an alarm.
  alarmMinimumErrors: wholeNumber(
    1,
    10_000,
    3,
    'Failures within 5 minutes below which their share raises no alarm.',
  ),
  alarmUnauthenticatedPercent: wholeNumber(
    1,
    100,
    25,
    'Share of requests, in percent, that raises an alarm when it is answered 401.',
  ),
  alarmThrottles: wholeNumber(
    1,
    100_000,
    10,
    'Throttled invocations of a function within 5 minutes that raise an alarm.',
  ),
  alarmTableThrottles: wholeNumber(
    1,
    1_000_000,
    100,
    'Writes to a table, or to its index, that DynamoDB throttles within 5 minutes, and that raise an alarm.',
  ),
  alarmConcurrencyPercent: wholeNumber(
    1,
    100,
    80,
    'Share of accountConcurrency, in percent, that raises an alarm when it is in use.',
  ),
  alarmLatencyMs: wholeNumber(
    1,
    30_000,
    5_000,
    'Milliseconds that raise an alarm when one in a hundred requests takes longer.',
  ),
  alarmConflicts: wholeNumber(
    1,
    100_000,
    10,
    'Calls within 5 minutes, refused because their key was used with another body, that raise an alarm.',
  ),
  alarmMessageAgeSeconds: optionalWholeNumber(
    1,
    SECONDS_PER_DAY,
    'Seconds that a chunk may wait in the queue before an alarm is raised. Without it, as many as stalledSeconds.',
  ),
  alarmOpenJobSeconds: optionalWholeNumber(
    1,
    SECONDS_PER_DAY,
    'Seconds that a job may run before an alarm is raised. Without it, halfway from stalledSeconds to deadlineSeconds.',
  ),
});

/** A validated configuration, with every default filled in. */
export type Config = Readonly<z.output<typeof settings>>;

/** A key of the configuration. */
export type ConfigKey = keyof Config;

const settingsWithRelations = settings
  .refine(
    ...relation(['chunkSize', 'maxTargetGroupsPerJob'], {
      holds: (c) => c.chunkSize * MAX_CHUNKS_PER_JOB >= c.maxTargetGroupsPerJob,
      expected: `at least maxTargetGroupsPerJob / ${MAX_CHUNKS_PER_JOB}: a job has at most ${MAX_CHUNKS_PER_JOB} chunks`,
    }),
  )
  .refine(
    ...relation(['stalledSeconds', 'workerTimeoutSeconds', 'clockSkewSeconds'], {
      holds: (c) => c.stalledSeconds > computeVisibilitySeconds(c),
      expected:
        'more than the visibility timeout (6 x workerTimeoutSeconds, or twice that and clockSkewSeconds and 10), ' +
        'or chunks are enqueued again while their first delivery may still return',
    }),
  )
  .refine(
    ...relation(['deadlineSeconds', 'stalledSeconds'], {
      holds: (c) => c.deadlineSeconds > c.stalledSeconds,
      expected: 'more than stalledSeconds, or a stalled job ends before it is given another try',
    }),
  )
  .refine(
    ...relation(['deadlineSeconds', 'jobRetentionDays'], {
      holds: (c) => 2 * c.deadlineSeconds + SECONDS_PER_HOUR <= c.jobRetentionDays * SECONDS_PER_DAY,
      expected:
        'at most half of jobRetentionDays less half an hour, or a job is forgotten before it has ended',
    }),
  )
  .refine(
    ...relation(['maxOpenTargetGroupsPerAccount', 'maxTargetGroupsPerJob'], {
      holds: (c) => c.maxOpenTargetGroupsPerAccount >= c.maxTargetGroupsPerJob,
      expected: 'at least maxTargetGroupsPerJob, or its largest jobs are never accepted',
    }),
  )
  .refine(
    ...relation(
      [
        'maxOpenTargetGroups',
        'workerMaxConcurrency',
        'workerRate',
        'deadlineSeconds',
        'createRateLimit',
        'createBurstLimit',
        'maxTargetGroupsPerJob',
      ],
      {
        holds: (c) =>
          computeMaxOpenTargetGroups(c) >= c.maxTargetGroupsPerJob &&
          computeMaxOpenTargetGroups(c) + computeExcess(c) <= computeHalfDeadlineWork(c),
        expected:
          'a limit that leaves room for a job, and that with what may be accepted too much is what the workers ' +
          'move in half of deadlineSeconds (workerMaxConcurrency x workerRate x deadlineSeconds / 2): lower ' +
          'createRateLimit, createBurstLimit or maxTargetGroupsPerJob, or raise the others',
      },
    ),
  )
  .refine(
    ...relation(
      [
        ...(['accountsByClient', 'issuer', 'audience', 'jwksUrl', 'clientIds', 'scopesClaim'] as const),
        ...(['writeScope', 'readScope', 'accountsClaim', 'clientClaims', 'callerClaims'] as const),
        ...(['clockToleranceSeconds', 'domainName', 'basePath'] as const),
      ],
      {
        holds: (c) =>
          measureEnvironment({
            ...makeKeyEnvironment(c),
            ...makeTokenEnvironment(c),
            ...makeAddressEnvironment(c),
          }) <= MAX_TOKEN_BYTES,
        expected:
          `settings of tokens that take ${MAX_TOKEN_BYTES} bytes at most, together with domainName and basePath, as ` +
          "their functions' environment has 4 KB for all of its variables: name fewer clients, or put the accounts " +
          'into their tokens',
      },
    ),
  )
  .refine(
    ...relation(['protect', 'removalPolicy'], {
      holds: (c) => !(c.protect && c.removalPolicy === 'destroy'),
      expected: 'false while removalPolicy is destroy: what is protected cannot be deleted',
    }),
  )
  .refine(
    ...relation(['warmWrites', 'warmReads', 'targetGroupsTable'], {
      holds: (c) =>
        c.targetGroupsTable === undefined || (c.warmWrites === undefined && c.warmReads === undefined),
      expected: 'none while targetGroupsTable names a table: the stack does not make it, and cannot warm it',
    }),
  )
  .refine(
    ...relation(['domainName', 'certificateArn'], {
      holds: (c) => c.domainName === undefined || c.certificateArn !== undefined,
      expected: 'none without certificateArn: API Gateway serves a domain with its certificate',
    }),
  )
  .refine(
    ...relation(['certificateArn', 'domainName'], {
      holds: (c) => c.certificateArn === undefined || c.domainName !== undefined,
      expected: 'none without domainName: it is the certificate of that domain',
    }),
  )
  .refine(
    ...relation(['certificateArn', 'region', 'account', 'kmsKeyArn'], {
      holds: (c) =>
        c.certificateArn === undefined ||
        (c.region !== undefined &&
          isOfRegion(c.certificateArn, c.region) &&
          isOfAccount(c.certificateArn, findAccount(c))),
      expected:
        'a certificate of the region and account of the stack, and region set: API Gateway takes no others for a ' +
        'regional domain',
    }),
  )
  .refine(
    ...relation(['basePath', 'domainName'], {
      holds: (c) => c.basePath === undefined || c.domainName !== undefined,
      expected: 'none without domainName: the address of API Gateway has no base path',
    }),
  )
  .refine(
    ...relation(['accountConcurrency', 'createReservedConcurrency', 'readReservedConcurrency'], {
      holds: (c) => {
        const reserved = (c.createReservedConcurrency ?? 0) + (c.readReservedConcurrency ?? 0);
        return reserved === 0 || reserved + UNRESERVED_CONCURRENCY <= c.accountConcurrency;
      },
      expected: `at least ${UNRESERVED_CONCURRENCY} more than createReservedConcurrency and readReservedConcurrency together, or AWS refuses them`,
    }),
  )
  .refine(
    ...relation(['alarmEmail', 'alarmTopicArn'], {
      holds: (c) => c.alarmEmail === undefined || c.alarmTopicArn === undefined,
      expected: 'none while alarmTopicArn names a topic: subscribe the address to that topic yourself',
    }),
  )
  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html. It may be of
  // another account: https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html
  .refine(
    ...relation(['alarmTopicArn', 'region', 'kmsKeyArn'], {
      holds: (c) => c.alarmTopicArn === undefined || isOfRegion(c.alarmTopicArn, findRegion(c)),
      expected: (c) =>
        `a topic of the region ${findRegion(c) ?? ''}${c.region === undefined ? ', as kmsKeyArn' : ''}: ` +
        'an alarm cannot send to another region',
    }),
  )
  // DynamoDB looks for the key in the account and the region of the table:
  // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html#dynamodb-cmk-trail
  .refine(
    ...relation(['kmsKeyArn', 'region', 'account'], {
      holds: ({ kmsKeyArn: key, region, account }) =>
        key === undefined || (isOfRegion(key, region) && isOfAccount(key, account)),
      expected: ({ region = 'of the stack', account = 'of the stack' }) =>
        `a key of the region ${region} and the account ${account}`,
    }),
  )
  // https://docs.amazonaws.cn/en_us/aws/latest/userguide/lambda.html
  .refine(
    ...relation(['tracing', 'region', 'kmsKeyArn', 'alarmTopicArn'], {
      holds: (c) => c.tracing === 'off' || !isInChina(c),
      expected: (c) => `off in ${findRegion(c) ?? ''}: Lambda has no X-Ray in China`,
    }),
  )
  .refine(
    ...relation(['subnetIds', 'securityGroupIds'], {
      holds: (c) => (c.subnetIds === undefined) === (c.securityGroupIds === undefined),
      expected: 'both subnetIds and securityGroupIds, or neither',
    }),
  )
  .refine(
    ...relation(['idempotencyHours', 'jobRetentionDays'], {
      holds: (c) => c.idempotencyHours <= c.jobRetentionDays * 24,
      expected: 'at most 24 x jobRetentionDays: a call need not be remembered longer than its job',
    }),
  );

/** The configuration cannot be used. The message has one line per bad value and names its key. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

/** The values of an environment's file, and its path for errors. */
export interface EnvironmentFile {
  readonly path: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** Keys of the context that say how to read the configuration, and are no part of it. */
export const READING_KEYS: readonly string[] = ['env', 'allowPlaceholders'];

/**
 * Reads the configuration from a CDK context and the file of an environment. A key of the context goes before
 * the same key of the file.
 * @param context all context values by key; keys of CDK and of other apps are left out
 * @throws ConfigurationError with every bad value, every key of the context that looks like a misspelt one of
 *   ours, every setting of the CDK that it would ignore, and every key of the file that is none of ours
 */
export function readConfig(context: unknown, file?: EnvironmentFile): Config {
  const given = z.record(z.string(), z.unknown()).parse(context);
  const found: Record<string, unknown> = { ...file?.values, ...given };
  const result = settingsWithRelations.safeParse(found);
  const wrong = (result.error?.issues ?? []).map((issue) => {
    const [key = '', ...inner] = issue.path.map(String);
    const origin = file === undefined || key in given ? `context key ${key}` : `${file.path}: ${key}`;
    const value = found[key] === undefined ? 'its default' : formatFound(found[key], inner[0]);
    return `${origin}: found ${value}, expected ${issue.message}`;
  });
  const unknown = [
    ...listMisspelt(Object.keys(given)),
    ...listWrongCdkSettings(given),
    ...(file === undefined ? [] : listUnknown(file)),
  ];
  if (!result.success || unknown.length > 0) {
    throw new ConfigurationError([...new Set([...wrong, ...unknown])]);
  }
  return result.data;
}

/** Whether a key is one of the configuration. */
export function isConfigKey(key: string): key is ConfigKey {
  return Object.hasOwn(settings.shape, key);
}

/** Returns an error for each key of the context that looks like a misspelt one of ours. */
function listMisspelt(keys: readonly string[]): string[] {
  const known = [...Object.keys(settings.shape), ...READING_KEYS];
  return findNearMisses(keys, known).map(
    ({ key, meant }) => `context key ${key}: not known, did you mean ${meant}?`,
  );
}

/** Returns an error for each key of a file that is none of ours, because nobody else has keys there. */
function listUnknown({ path, values }: EnvironmentFile): string[] {
  return Object.keys(values)
    .filter((key) => !isConfigKey(key))
    .map((key) => {
      if (READING_KEYS.includes(key)) return `${path}: ${key}: not for a file, only for -c`;
      const [miss] = findNearMisses([key], Object.keys(settings.shape));
      return `${path}: ${key}: not known${miss === undefined ? '' : `, did you mean ${miss.meant}?`}`;
    });
}

/** Lists the keys that a real deployment must set and that still have their default. */
export function listPlaceholders(config: Config): ('issuer' | 'audience')[] {
  return (['issuer', 'audience'] as const).filter((key) =>
    key === 'audience' ? lacksAudience(config) : config[key] === settings.shape[key].parse(undefined),
  );
}

/** Returns the name of the stack with the tables, by that of the service's stack. */
export function getDataStackName(stackName: string): string {
  return `${stackName}Data`;
}

/**
 * Returns the account and region that the configuration gives. Stacks without them are the same in each:
 * https://docs.aws.amazon.com/cdk/v2/guide/configure-env.html
 */
export function pickPlace({ account, region }: Config): { account?: string; region?: string } {
  return { ...(account !== undefined && { account }), ...(region !== undefined && { region }) };
}

/** One row of the table of keys, for documentation. `fallback` is undefined where a key has no default. */
export interface KeyDescription extends SettingNotes {
  readonly key: string;
  readonly fallback: string | number | boolean | undefined;
}

/** Describes every key, in the order of the table. */
export function describeConfig(): KeyDescription[] {
  return Object.entries(settings.shape).map(([key, schema]) => ({
    key,
    fallback: formatFallback(schema.parse(undefined)),
    ...readNotes(schema),
  }));
}

/** Formats a default as `-c` takes it: of a list its only text, or JSON text. */
function formatFallback(fallback: unknown): KeyDescription['fallback'] {
  const one: unknown = Array.isArray(fallback) && fallback.length === 1 ? fallback[0] : fallback;
  const plain = z.union([z.string(), z.number(), z.boolean()]).optional().safeParse(one);
  return plain.success ? plain.data : JSON.stringify(one);
}

/** Makes a rule between keys, checked when each is valid by itself. Its error names the first key. */
function relation(
  keys: readonly [ConfigKey, ...ConfigKey[]],
  rule: { holds: (config: Config) => boolean; expected: string | ((config: Config) => string) },
): [
  (config: Config) => boolean,
  {
    path: string[];
    error: (issue: { input: unknown }) => string;
    when: (payload: { value: unknown }) => boolean;
  },
] {
  const all = z.object(Object.fromEntries(keys.map((key) => [key, settings.shape[key]])));
  const { expected } = rule;
  return [
    rule.holds,
    {
      path: [keys[0]],
      error: ({ input }) => (typeof expected === 'string' ? expected : expected(input as Config)),
      when: ({ value }) => all.safeParse(value).success,
    },
  ];
}

/** Formats a found value for one line of an error, cut to 80 characters; of a map only the wrong entry. */
function formatFound(value: unknown, entry?: string): string {
  const map = z.record(z.string(), z.unknown()).safeParse(value);
  const shown = entry !== undefined && map.success ? { [entry]: map.data[entry] } : value;
  const text = JSON.stringify(shown);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
