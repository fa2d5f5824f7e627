/** Tests what the local stack reads from a template, and what it refuses (ADR 14). */
import { describe, expect, test } from '@jest/globals';
import { UnsupportedTemplateError } from '../../../tools/local/template-errors.ts';
import { IGNORED_TYPES } from '../../../tools/local/template/ignored-types.ts';
import { readQueues } from '../../../tools/local/template/read-queues.ts';
import { readAddress, replaceDomain } from '../../../tools/local/template/read-address.ts';
import { makeReferences } from '../../../tools/local/template/references.ts';
import { readRuntime, type Runtime } from '../../../tools/local/template/read-runtime.ts';
import { readTables } from '../../../tools/local/template/read-tables.ts';
import { readOutputs, readTemplate, type Template } from '../../../tools/local/template/template.ts';
import { anApi, type Resources } from './handwritten-assembly.ts';

const ROLE = { Type: 'AWS::IAM::Role' };

const FUNCTION = {
  Type: 'AWS::Lambda::Function',
  Properties: {
    Code: { S3Bucket: 'assets', S3Key: 'abc.zip' },
    Handler: 'index.handler',
    Runtime: 'nodejs24.x',
    Role: { 'Fn::GetAtt': ['Role', 'Arn'] },
  },
};

const QUEUE = {
  Type: 'AWS::SQS::Queue',
  Properties: {
    VisibilityTimeout: 30,
    SqsManagedSseEnabled: true,
    RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': ['Dead', 'Arn'] }, maxReceiveCount: 2 },
  },
};

function addProperties(resource: { Type: string; Properties: object }, properties: object) {
  return { ...resource, Properties: { ...resource.Properties, ...properties } };
}

function makeTemplate(resources: Resources): Template {
  return readTemplate('Local', { Resources: resources });
}

function makeRuntime(resources: Resources): Runtime {
  const read = makeTemplate({ Role: ROLE, ...resources });
  const references = makeReferences(read, {
    apiUrl: 'http://127.0.0.1:1',
    findQueueUrl: (id) => `http://queue/${id}`,
  });
  const assets = new Map([['abc.zip', '/assets/abc']]);
  return readRuntime(read, references, assets, readQueues(read, references));
}

describe('the address of the API', () => {
  const DOMAIN = { Type: 'AWS::ApiGatewayV2::DomainName', Properties: { DomainName: 'api.example.com' } };
  const KEYED = {
    Type: 'AWS::ApiGatewayV2::ApiMapping',
    Properties: {
      ApiId: 'Api',
      DomainName: { Ref: 'Domain' },
      Stage: '$default',
      ApiMappingKey: 'bulk/jobs',
    },
  };
  const read = (resources: Resources) => {
    const template = makeTemplate(resources);
    return readAddress(template, makeReferences(template));
  };

  test('has the base path of its mapping, or none', () => {
    const origin = 'https://api.example.com';
    expect(read({ Domain: DOMAIN, Mapping: KEYED })).toEqual({ origin, basePath: '/bulk/jobs' });
    const { ApiMappingKey, ...atRoot } = KEYED.Properties;
    expect(ApiMappingKey).toBeDefined();
    expect(read({ Domain: DOMAIN, Mapping: { ...KEYED, Properties: atRoot } })).toEqual({
      origin,
      basePath: '',
    });
    expect(read({})).toEqual({ origin: undefined, basePath: '' });
  });

  test('is refused if it is not one domain with one mapping', () => {
    expect(() => read({ Domain: DOMAIN })).toThrow('1 custom domains with 0 mappings');
    expect(() => read({ Domain: DOMAIN, Other: DOMAIN, Mapping: KEYED })).toThrow('2 custom domains');
    const mutual = addProperties(DOMAIN, { MutualTlsAuthentication: {} });
    expect(() => read({ Domain: mutual, Mapping: KEYED })).toThrow(
      'MutualTlsAuthentication is not supported',
    );
  });

  test('is where the local stack listens, in the base URL, and nowhere else', () => {
    const values = {
      BASE_URL: 'https://api.example.com/jobs',
      ISSUER: 'https://api.example.com/jobs/login',
      JWKS: 'https://api.example.com',
    };
    const address = { origin: 'https://api.example.com', basePath: '/jobs' };
    expect(replaceDomain(values, address, 'http://127.0.0.1:3000')).toEqual({
      ...values,
      BASE_URL: 'http://127.0.0.1:3000/jobs',
    });
    expect(replaceDomain(values, { origin: undefined, basePath: '' }, 'http://127.0.0.1:3000')).toEqual(
      values,
    );
  });
});

const MAPPING = {
  Type: 'AWS::Lambda::EventSourceMapping',
  Properties: {
    EventSourceArn: { 'Fn::GetAtt': ['Queue', 'Arn'] },
    FunctionName: { Ref: 'Fn' },
    BatchSize: 4,
    FunctionResponseTypes: ['ReportBatchItemFailures'],
    ScalingConfig: { MaximumConcurrency: 3 },
  },
};

const SCHEDULE = {
  Type: 'AWS::Scheduler::Schedule',
  Properties: {
    FlexibleTimeWindow: { Mode: 'OFF' },
    ScheduleExpression: 'rate(5 minutes)',
    Target: { Arn: { 'Fn::GetAtt': ['Fn', 'Arn'] }, RoleArn: 'role', Input: '{"a":1}' },
  },
};

test('an unknown resource type is an error that names type and logical id', () => {
  const attempt = () => makeTemplate({ Cache: { Type: 'AWS::ElastiCache::CacheCluster' } });
  expect(attempt).toThrow(UnsupportedTemplateError);
  expect(attempt).toThrow(/AWS::ElastiCache::CacheCluster Cache/);
});

test('each ignored type is listed with the reason', () => {
  for (const [type, reason] of IGNORED_TYPES) {
    expect(reason).not.toBe('');
    expect(makeTemplate({ Thing: { Type: type } }).stackName).toBe('Local');
  }
});

test('a table is read with its keys and indexes', () => {
  const read = makeTemplate({
    Jobs: {
      Type: 'AWS::DynamoDB::GlobalTable',
      Properties: {
        Replicas: [{ Region: { Ref: 'AWS::Region' }, DeletionProtectionEnabled: true }],
        AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
        BillingMode: 'PAY_PER_REQUEST',
        KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
        GlobalSecondaryIndexes: [
          {
            IndexName: 'open',
            KeySchema: [{ AttributeName: 'open', KeyType: 'HASH' }],
            Projection: { ProjectionType: 'KEYS_ONLY' },
          },
        ],
        TimeToLiveSpecification: { AttributeName: 'expires_at', Enabled: true },
      },
    },
  });
  const [table] = readTables(read, makeReferences(read));
  expect(table).toMatchObject({
    logicalId: 'Jobs',
    name: 'Local-Jobs',
    definition: { KeySchema: [{ AttributeName: 'pk' }], GlobalSecondaryIndexes: [{ IndexName: 'open' }] },
  });
  expect(table?.definition).not.toHaveProperty('TimeToLiveSpecification');
});

test('a queue is read with the attributes that CreateQueue takes', () => {
  const read = makeTemplate({ Dead: { Type: 'AWS::SQS::Queue' }, Queue: QUEUE });
  expect(readQueues(read, makeReferences(read))).toEqual([
    { logicalId: 'Dead', name: 'Local-Dead', attributes: {} },
    {
      logicalId: 'Queue',
      name: 'Local-Queue',
      attributes: {
        VisibilityTimeout: '30',
        RedrivePolicy: JSON.stringify({
          deadLetterTargetArn: 'arn:aws:sqs:us-east-1:000000000000:Local-Dead',
          maxReceiveCount: 2,
        }),
      },
    },
  ]);
});

test('a queue may be named after the stack’s id, and its dead-letter queue may allow it alone', () => {
  const name = {
    'Fn::Join': ['-', ['jobs', { 'Fn::Select': [2, { 'Fn::Split': ['/', { Ref: 'AWS::StackId' }] }] }]],
  };
  const readWith = (allowed: unknown) => {
    const arn = { 'Fn::Join': ['', ['arn:aws:sqs:us-east-1:', { Ref: 'AWS::AccountId' }, ':', allowed]] };
    const policy = { redrivePermission: 'byQueue', sourceQueueArns: [arn] };
    const read = makeTemplate({
      Dead: { Type: 'AWS::SQS::Queue', Properties: { RedriveAllowPolicy: policy } },
      Queue: addProperties(QUEUE, { QueueName: name }),
    });
    return readQueues(read, makeReferences(read)).map((queue) => queue.name);
  };
  expect(readWith(name)).toEqual([
    'Local-Dead',
    expect.stringMatching(/^jobs-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
  ]);
  expect(readWith(name)).toEqual(readWith(name));
  expect(() => readWith('other')).toThrow('AWS::SQS::Queue Queue: its dead-letter queue does not allow it');
});

test('a name that is computed from another resource is refused', () => {
  const read = makeTemplate({ Queue: addProperties(QUEUE, { QueueName: { Ref: 'Dead' } }) });
  expect(() => readQueues(read, makeReferences(read))).toThrow(UnsupportedTemplateError);
});

test('a function is read with code, environment, memory and timeout', () => {
  const { functions } = makeRuntime({
    Dead: { Type: 'AWS::SQS::Queue' },
    Queue: QUEUE,
    Fn: addProperties(FUNCTION, {
      Timeout: 7,
      ReservedConcurrentExecutions: 5,
      MemorySize: 256,
      Environment: {
        Variables: { QUEUE_URL: { Ref: 'Queue' }, QUEUE_ARN: { 'Fn::GetAtt': ['Queue', 'Arn'] } },
      },
    }),
  });
  expect(functions).toMatchObject([
    {
      logicalId: 'Fn',
      name: 'Local-Fn',
      codePath: '/assets/abc',
      handler: 'index.handler',
      timeoutSeconds: 7,
      reservedConcurrency: 5,
      memoryMegabytes: 256,
      environment: {
        QUEUE_URL: 'http://queue/Queue',
        QUEUE_ARN: 'arn:aws:sqs:us-east-1:000000000000:Local-Queue',
      },
    },
  ]);
});

test("Lambda's defaults apply where the template has no value", () => {
  const { functions } = makeRuntime({ Fn: FUNCTION });
  expect(functions).toMatchObject([{ timeoutSeconds: 3, memoryMegabytes: 128, environment: {} }]);
});

test('an event source mapping is read with its queue and its function', () => {
  const resources = { Dead: { Type: 'AWS::SQS::Queue' }, Queue: QUEUE, Fn: FUNCTION };
  expect(makeRuntime({ ...resources, Mapping: MAPPING }).eventSources).toMatchObject([
    {
      queue: { logicalId: 'Queue' },
      functionId: 'Fn',
      batchSize: 4,
      batchingWindowSeconds: 0,
      reportsFailures: true,
      maximumConcurrency: 3,
    },
  ]);
  expect(
    makeRuntime({ ...resources, Mapping: addProperties(MAPPING, { Enabled: false }) }).eventSources,
  ).toEqual([]);
});

test('a schedule is read with its function, interval and input', () => {
  expect(makeRuntime({ Fn: FUNCTION, Schedule: SCHEDULE }).schedules).toMatchObject([
    { functionId: 'Fn', everySeconds: 300, input: '{"a":1}' },
  ]);
  const off = addProperties(SCHEDULE, { State: 'DISABLED' });
  expect(makeRuntime({ Fn: FUNCTION, Schedule: off }).schedules).toEqual([]);
});

test('a route leads to a function', () => {
  const { routes } = makeRuntime({ Fn: FUNCTION, ...anApi({ 'GET /a/{b}': 'Fn', $default: 'Fn' }) });
  expect(routes).toEqual([
    { key: 'GET /a/{b}', functionId: 'Fn', timeoutMilliseconds: 30_000 },
    { key: '$default', functionId: 'Fn', timeoutMilliseconds: 30_000 },
  ]);
});

test('a route has its own throttle, or else that of the stage', () => {
  const routes = { 'GET /a': 'Fn', 'POST /a': 'Fn', $default: 'Fn' };
  const stage = {
    DefaultRouteSettings: { ThrottlingRateLimit: 10, ThrottlingBurstLimit: 20 },
    // A route's own settings replace the defaults as a whole: a limit that they leave out does not apply.
    RouteSettings: { 'GET /a': { ThrottlingRateLimit: 5 }, 'POST /a': { DetailedMetricsEnabled: true } },
  };
  const throttles = makeRuntime({ Fn: FUNCTION, ...anApi(routes, {}, stage) }).routes.map((route) => [
    route.key,
    route.throttle,
  ]);
  expect(Object.fromEntries(throttles)).toEqual({
    'GET /a': { perSecond: 5, burst: Infinity },
    'POST /a': undefined,
    $default: { perSecond: 10, burst: 20 },
  });
});

test('outputs are resolved', () => {
  const read = readTemplate('Local', {
    Resources: { Dead: { Type: 'AWS::SQS::Queue' } },
    Outputs: { Name: { Value: { 'Fn::GetAtt': ['Dead', 'QueueName'] } } },
  });
  expect(readOutputs(read, makeReferences(read))).toEqual({ Name: 'Local-Dead' });
});

describe('an unsupported setting is an error that names the resource:', () => {
  const queues = { Dead: { Type: 'AWS::SQS::Queue' }, Queue: QUEUE };
  test.each<[string, Resources, RegExp]>([
    [
      'a FIFO queue',
      { Q: { Type: 'AWS::SQS::Queue', Properties: { FifoQueue: true } } },
      /AWS::SQS::Queue Q: .*FifoQueue/,
    ],
    ['a layer', { Fn: addProperties(FUNCTION, { Layers: ['x'] }) }, /Fn: .*Layers/],
    ['another runtime', { Fn: addProperties(FUNCTION, { Runtime: 'python3.13' }) }, /Fn: .*Runtime/],
    [
      'code that is no asset',
      { Fn: addProperties(FUNCTION, { Code: { S3Bucket: 'b', S3Key: 'other.zip' } }) },
      /Fn: .*other\.zip/,
    ],
    ['inline code', { Fn: addProperties(FUNCTION, { Code: { ZipFile: 'x' } }) }, /Fn: .*Code/],
    [
      'a filter on a queue',
      { ...queues, Fn: FUNCTION, M: addProperties(MAPPING, { FilterCriteria: {} }) },
      /M: .*FilterCriteria/,
    ],
    [
      'a stream as event source',
      { Fn: FUNCTION, M: addProperties(MAPPING, { EventSourceArn: 'arn:aws:kinesis:x' }) },
      /M: .*kinesis/,
    ],
    [
      'a cron expression',
      { Fn: FUNCTION, S: addProperties(SCHEDULE, { ScheduleExpression: 'cron(0 * * * ? *)' }) },
      /S: .*cron/,
    ],
    [
      'an integration that is no Lambda proxy',
      { Fn: FUNCTION, ...anApi({ 'GET /': 'Fn' }, { IntegrationType: 'HTTP_PROXY' }) },
      /Integration0: .*IntegrationType/,
    ],
    [
      'payload format 1.0',
      { Fn: FUNCTION, ...anApi({ 'GET /': 'Fn' }, { PayloadFormatVersion: '1.0' }) },
      /Integration0: .*PayloadFormatVersion/,
    ],
    [
      'settings of a route that is not there',
      { Fn: FUNCTION, ...anApi({ 'GET /': 'Fn' }, {}, { RouteSettings: { 'PUT /': {} } }) },
      /Stage: .*PUT \//,
    ],
    [
      'route settings other than limits',
      { Fn: FUNCTION, ...anApi({ 'GET /': 'Fn' }, {}, { DefaultRouteSettings: { LoggingLevel: 'INFO' } }) },
      /Stage: .*LoggingLevel/,
    ],
    [
      'an environment variable without a local value',
      {
        Fn: addProperties(FUNCTION, {
          Environment: { Variables: { A: { 'Fn::GetAtt': ['Role', 'RoleId'] } } },
        }),
      },
      /Role\.RoleId \(AWS::IAM::Role\)/,
    ],
    [
      'a reference to a missing resource',
      { Fn: addProperties(FUNCTION, { Environment: { Variables: { A: { Ref: 'Gone' } } } }) },
      /Gone/,
    ],
  ])('%s', (_name, resources, message) => {
    const attempt = () => makeRuntime(resources);
    expect(attempt).toThrow(UnsupportedTemplateError);
    expect(attempt).toThrow(message);
  });
});
