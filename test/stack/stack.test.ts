/** Tests the stack as a whole: its types of resources, schedule, outputs, protection and warnings. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { expect, test } from '@jest/globals';
import { FUNCTION_NAMES, toPascalCase } from '../../lib/functions/make-functions.ts';
import { PROJECT } from './production-packages.ts';
import { makeTestStacks, type Resource, synthesizeTemplate } from './readable-template.ts';

/** The only types of resources in the stacks, because the local stack must support each of them (ADR 14). */
const TYPES = [
  'AWS::ApiGatewayV2::Api',
  'AWS::ApiGatewayV2::Integration',
  'AWS::ApiGatewayV2::Route',
  'AWS::ApiGatewayV2::Stage',
  'AWS::CloudWatch::Alarm',
  'AWS::CloudWatch::Dashboard',
  'AWS::DynamoDB::GlobalTable',
  'AWS::IAM::Policy',
  'AWS::IAM::Role',
  'AWS::KMS::Key',
  'AWS::Lambda::EventInvokeConfig',
  'AWS::Lambda::EventSourceMapping',
  'AWS::Lambda::Function',
  'AWS::Lambda::Permission',
  'AWS::Logs::LogGroup',
  'AWS::Logs::QueryDefinition',
  'AWS::SNS::Subscription',
  'AWS::SNS::Topic',
  'AWS::SNS::TopicPolicy',
  'AWS::SQS::Queue',
  'AWS::SQS::QueuePolicy',
  'AWS::Scheduler::Schedule',
];

test('the stacks have only these types of resources', () => {
  const { resources } = synthesizeTemplate({ alarmEmail: 'ops@example.com' });
  expect([...new Set(Object.values(resources).map(({ Type }) => Type))].sort()).toEqual([...TYPES].sort());
});

test('reconcile runs every minute, without retries', () => {
  const template = synthesizeTemplate();
  expect(template.readProperties('ReconcileEveryMinute')).toMatchObject({
    ScheduleExpression: 'rate(1 minute)',
    State: 'ENABLED',
    FlexibleTimeWindow: { Mode: 'OFF' },
    Target: {
      Arn: '${FunctionsReconcile.Arn}',
      RoleArn: '${ReconcileRole.Arn}',
      RetryPolicy: { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 },
    },
  });
  expect(template.readProperties('FunctionsReconcileEventInvokeConfig')).toEqual({
    FunctionName: '${FunctionsReconcile}',
    Qualifier: '$LATEST',
    MaximumRetryAttempts: 0,
    MaximumEventAgeInSeconds: 60,
  });
});

test('the outputs name the resources that others need', () => {
  const outputs = Object.entries(synthesizeTemplate().outputs).map(([id, { Value }]) => [id, Value]);
  expect(Object.fromEntries(outputs)).toEqual({
    ApiUrl: '${ApiHttp.ApiEndpoint}',
    ApiId: '${ApiHttp}',
    JobsTable: '${TablesJobs}',
    TargetGroupsTable: '${TablesTargetGroups}',
    KeySetsTable: '${TablesKeySets}',
    IdempotencyTable: '${TablesIdempotency}',
    ChunksQueueUrl: '${QueueChunks}',
    DeadLetterQueueUrl: '${QueueDeadLetters}',
    GiveUpsQueueUrl: '${GivingUpGiveUps}',
    GiveUpsDeadLetterQueueUrl: '${GivingUpDeadLetters}',
    AlarmTopicArn: '${ObservabilityAlarmTopic}',
    Protection: expect.stringMatching(/^off/),
    Dashboard: '${ObservabilityDashboard}',
    AccessLogGroup: '${ObservabilityAccessLogs}',
    ...Object.fromEntries(
      FUNCTION_NAMES.map(toPascalCase).flatMap((name) => [
        [`${name}Function`, `\${Functions${name}}`],
        [`${name}LogGroup`, `\${Observability${name}Logs}`],
      ]),
    ),
  });
});

test('deploying.md lists every output with its description', () => {
  const page = readFileSync(join(PROJECT, 'docs/deploying.md'), 'utf8');
  const table = /<!-- outputs:start -->(.*?)<!-- outputs:end -->/s.exec(page)?.[1] ?? '';
  const rows = [...table.matchAll(/^\| `(\w+)` +\| (.*?) +\|$/gm)].map(([, id, what]) => [id, what]);
  const { service } = makeTestStacks();
  const outputs = Template.fromStack(service).toJSON()['Outputs'] as Record<string, { Description: string }>;
  expect(rows).toEqual(Object.entries(outputs).map(([id, { Description }]) => [id, Description]));
});

test('the stacks take their names from the configuration', () => {
  const { data, service } = makeTestStacks({ stackName: 'Staging' });
  expect([data?.stackName, service.stackName]).toEqual(['StagingData', 'Staging']);
});

test('the data stack has the tables and nothing else, and is deployed first', () => {
  const { data, service } = makeTestStacks();
  const types = Object.values(
    Template.fromStack(data ?? service).toJSON()['Resources'] as Record<string, Resource>,
  );
  expect(types.map(({ Type }) => Type)).toEqual(
    Array.from({ length: 4 }, () => 'AWS::DynamoDB::GlobalTable'),
  );
  expect(service.dependencies).toEqual([data]);
});

test('the service stack reads the tables from outputs, not from exports, which would tie the stacks together', () => {
  const { data, service } = makeTestStacks();
  const text = JSON.stringify([data, service].map((stack) => Template.fromStack(stack ?? service).toJSON()));
  expect(text).toContain('"Fn::GetStackOutput"');
  expect(text).not.toContain('"Export"');
  expect(text).not.toContain('"Fn::ImportValue"');
});

test('both stacks are protected from deletion if protect is set, and the output says whether it is', () => {
  for (const [protect, output] of [
    [false, /^off: set "protect": true in the file of the environment\b/],
    [true, /^on$/],
  ] as const) {
    const { data, service } = makeTestStacks({ protect });
    expect([data?.terminationProtection, service.terminationProtection]).toEqual([protect, protect]);
    expect(synthesizeTemplate({ protect }).outputs['Protection']?.Value).toMatch(output);
  }
});

test('each synthesis warns of stacks that are kept and not protected', () => {
  const REAL = { issuer: 'https://id.test/', audience: 'buyers' };
  const listWarned = (context: Record<string, unknown>) => {
    const { data, service } = makeTestStacks({ ...REAL, ...context });
    return [data, service].flatMap((stack) =>
      stack === undefined
        ? []
        : Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp('protect')),
    );
  };
  expect(listWarned({}).map(({ id }) => id)).toEqual(['/FieldingJobsData', '/FieldingJobs']);
  expect(listWarned({ protect: true })).toEqual([]);
  expect(listWarned({ removalPolicy: 'destroy' })).toEqual([]);
});

test('the stack warns of each placeholder value until a real value is set', () => {
  const listWarnings = (context: Record<string, unknown>) =>
    Annotations.fromStack(makeTestStacks({ ...context, protect: true }).service).findWarning(
      '*',
      Match.anyValue(),
    );
  expect(listWarnings({}).map(({ entry }) => /^\w+/.exec(JSON.stringify(entry.data).slice(1))?.[0])).toEqual([
    'issuer',
    'audience',
  ]);
  expect(listWarnings({ issuer: 'https://id.test/', audience: 'buyers' })).toEqual([]);
});
