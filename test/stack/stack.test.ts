/** Tests the stack as a whole: its types of resources, schedule, outputs, protection and warnings. */
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { expect, test } from '@jest/globals';
import { makeStack, synthesizeTemplate } from './readable-template.ts';

/** The only types of resources in the stack, because the local stack must support each of them (ADR 14). */
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

test('the stack has only these types of resources', () => {
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
    JobsTable: '${TablesJobs}',
    TargetGroupsTable: '${TablesTargetGroups}',
    IdempotencyTable: '${TablesIdempotency}',
    ChunksQueueUrl: '${QueueChunks}',
    DeadLetterQueueUrl: '${QueueDeadLetters}',
    AlarmTopicArn: '${ObservabilityAlarmTopic}',
  });
});

test('the stack takes its name from the configuration', () => {
  expect(makeStack({ stackName: 'Staging' }).stackName).toBe('Staging');
});

test('the stack is protected from deletion unless removalPolicy is destroy', () => {
  expect(makeStack().terminationProtection).toBe(true);
  expect(makeStack({ removalPolicy: 'destroy' }).terminationProtection).toBe(false);
});

test('the stack warns of each placeholder value until a real value is set', () => {
  const listWarnings = (context: Record<string, unknown>) =>
    Annotations.fromStack(makeStack(context)).findWarning('*', Match.anyValue());
  expect(listWarnings({}).map(({ entry }) => /^\w+/.exec(JSON.stringify(entry.data).slice(1))?.[0])).toEqual([
    'issuer',
    'audience',
    'jwksUrl',
  ]);
  expect(
    listWarnings({ issuer: 'https://id.test/', audience: 'buyers', jwksUrl: 'https://id.test/keys' }),
  ).toEqual([]);
});
