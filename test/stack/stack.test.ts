/** The stack as a whole: its schedule, its outputs, its warnings, and which types of resources it consists of. */
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { expect, test } from '@jest/globals';
import { stackOf, templateOf } from './template.ts';

/** The local stack must know how to serve each of these: no custom resources, nothing by chance. */
const TYPES = [
  'AWS::ApiGatewayV2::Api',
  'AWS::ApiGatewayV2::Integration',
  'AWS::ApiGatewayV2::Route',
  'AWS::ApiGatewayV2::Stage',
  'AWS::CloudWatch::Alarm',
  'AWS::CloudWatch::Dashboard',
  'AWS::DynamoDB::Table',
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

test('consists of these types of resources only', () => {
  const { resources } = templateOf({ alarmEmail: 'ops@example.com' });
  expect([...new Set(Object.values(resources).map(({ Type }) => Type))].sort()).toEqual([...TYPES].sort());
});

test('runs reconcile every minute, without retries that pile up', () => {
  const template = templateOf();
  expect(template.properties('ReconcileEveryMinute')).toMatchObject({
    ScheduleExpression: 'rate(1 minute)',
    State: 'ENABLED',
    FlexibleTimeWindow: { Mode: 'OFF' },
    Target: {
      Arn: '${FunctionsReconcile.Arn}',
      RoleArn: '${ReconcileRole.Arn}',
      RetryPolicy: { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 },
    },
  });
  expect(template.properties('FunctionsReconcileEventInvokeConfig')).toEqual({
    FunctionName: '${FunctionsReconcile}',
    Qualifier: '$LATEST',
    MaximumRetryAttempts: 0,
    MaximumEventAgeInSeconds: 60,
  });
});

test('names what others need to find', () => {
  const outputs = Object.entries(templateOf().outputs).map(([id, { Value }]) => [id, Value]);
  expect(Object.fromEntries(outputs)).toEqual({
    ApiUrl: '${ApiHttp.ApiEndpoint}',
    JobsTable: '${TablesJobs}',
    TargetGroupsTable: '${TablesTargetGroups}',
    IdempotencyTable: '${TablesIdempotency}',
    ChunksQueueUrl: '${QueueChunks}',
    DeadLetterQueueUrl: '${QueueDeadLetters}',
    AlarmTopicArn: '${ObservabilityAlarmTopic}',
  });
});

test('takes its name from the configuration', () => {
  expect(stackOf({ stackName: 'Staging' }).stackName).toBe('Staging');
});

test('is protected from deletion, unless it is configured to go', () => {
  expect(stackOf().terminationProtection).toBe(true);
  expect(stackOf({ removalPolicy: 'destroy' }).terminationProtection).toBe(false);
});

test('warns of each placeholder that a real deployment must set, until it is set', () => {
  const warnings = (context: Record<string, unknown>) =>
    Annotations.fromStack(stackOf(context)).findWarning('*', Match.anyValue());
  expect(warnings({}).map(({ entry }) => /^\w+/.exec(JSON.stringify(entry.data).slice(1))?.[0])).toEqual([
    'issuer',
    'audience',
    'jwksUrl',
  ]);
  expect(
    warnings({ issuer: 'https://id.test/', audience: 'buyers', jwksUrl: 'https://id.test/keys' }),
  ).toEqual([]);
});
