/** Tests that logs are kept for the configured time, and that the alarm topic is usable and protected. */
import { describe, expect, test } from '@jest/globals';
import { synthesizeTemplate } from './readable-template.ts';

describe('observability', () => {
  const template = synthesizeTemplate();

  test('each function and the API have a log group, which is kept for the configured time', () => {
    const groups = template.findByType('AWS::Logs::LogGroup');
    expect(Object.keys(groups)).toHaveLength(7);
    for (const { Properties, DeletionPolicy } of Object.values(groups)) {
      expect(Properties['RetentionInDays']).toBe(30);
      expect(DeletionPolicy).toBe('RetainExceptOnCreate');
    }
    const shorter = synthesizeTemplate({ logRetentionDays: '7' }).findByType('AWS::Logs::LogGroup');
    expect(Object.values(shorter).map(({ Properties }) => Properties['RetentionInDays'])).toEqual(
      Array.from({ length: 7 }, () => 7),
    );
  });

  // A retained group of a fixed name would fail every later deployment: it exists already.
  test('no log group has a name that a later stack could have, too', () => {
    const names = Object.entries(template.findByType('AWS::Logs::LogGroup')).map(
      ([id, { Properties }]): [string, unknown] => [id, Properties['LogGroupName']],
    );
    expect(Object.fromEntries(names.filter(([, name]) => name !== undefined))).toEqual({
      // The resource policy of the account need not name groups below /aws/vendedlogs/.
      ObservabilityAccessLogs: '/aws/vendedlogs/apigateway/FieldingJobs-${AWS::StackId/2}',
    });
  });

  test('the topic accepts messages of this account’s alarms only, and only over TLS', () => {
    expect(template.readProperties('ObservabilityAlarmTopicPolicy')).toMatchObject({
      PolicyDocument: {
        Statement: [
          { Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
          {
            Effect: 'Allow',
            Action: 'sns:Publish',
            Principal: { Service: 'cloudwatch.amazonaws.com' },
            Resource: '${ObservabilityAlarmTopic}',
            Condition: { StringEquals: { 'aws:SourceAccount': '${AWS::AccountId}' } },
          },
        ],
      },
    });
  });

  test('the topic is encrypted with a rotating key that this account’s alarms may use', () => {
    expect(template.readProperties('ObservabilityAlarmTopic')).toMatchObject({
      KmsMasterKeyId: '${ObservabilityAlarmTopicKey.Arn}',
    });
    expect(template.readProperties('ObservabilityAlarmTopicKey')).toMatchObject({
      EnableKeyRotation: true,
      KeyPolicy: {
        Statement: [
          {
            Effect: 'Allow',
            Action: 'kms:*',
            Principal: { AWS: 'arn:${AWS::Partition}:iam::${AWS::AccountId}:root' },
          },
          {
            Effect: 'Allow',
            Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
            Principal: { Service: 'cloudwatch.amazonaws.com' },
            Condition: { StringEquals: { 'aws:SourceAccount': '${AWS::AccountId}' } },
          },
        ],
      },
    });
  });

  test('mail is sent only if an address is configured', () => {
    expect(template.findByType('AWS::SNS::Subscription')).toEqual({});
    const subscriptions = Object.values(
      synthesizeTemplate({ alarmEmail: 'ops@example.com' }).findByType('AWS::SNS::Subscription'),
    );
    expect(subscriptions.map(({ Properties }) => Properties)).toEqual([
      { Protocol: 'email', Endpoint: 'ops@example.com', TopicArn: '${ObservabilityAlarmTopic}' },
    ]);
  });

  test('an existing topic is used as it is: no topic, key, policy or subscription is made', () => {
    const alarmTopicArn = 'arn:aws:sns:eu-central-1:012345678901:alarms';
    const existing = synthesizeTemplate({ alarmTopicArn });
    const types = Object.values(existing.resources).map(({ Type }) => Type);
    expect(types.filter((type) => /^AWS::(SNS|KMS)::/.test(type))).toEqual([]);
    const alarms = Object.values(existing.findByType('AWS::CloudWatch::Alarm'));
    expect(alarms).not.toEqual([]);
    for (const { Properties } of alarms) {
      expect(Properties).toMatchObject({ AlarmActions: [alarmTopicArn], OKActions: [alarmTopicArn] });
    }
    expect(existing.outputs['AlarmTopicArn']?.Value).toBe(alarmTopicArn);
  });
});
