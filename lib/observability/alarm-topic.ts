/**
 * Makes the topic that alarms are sent to, encrypted under a key that CloudWatch may use (ADR 21), or finds
 * an existing one.
 */
import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';
import type { Config } from '../config.ts';

/**
 * Returns the configured topic, or makes one with the subscription of the configured address.
 * @param customerKey a key whose policy lets CloudWatch use it; we cannot change it
 */
export function makeAlarmTopic(scope: Construct, config: Config, customerKey: IKey | undefined): ITopic {
  if (config.alarmTopicArn !== undefined) {
    return Topic.fromTopicArn(scope, 'AlarmTopic', config.alarmTopicArn);
  }
  const masterKey = customerKey ?? makeAlarmKey(scope);
  const topic = new Topic(scope, 'AlarmTopic', { enforceSSL: true, masterKey });
  // A policy replaces the topic's default policy, which would have let the account's alarms publish.
  topic.addToResourcePolicy(allowAlarms(scope, ['sns:Publish'], topic.topicArn));
  if (config.alarmEmail !== undefined) topic.addSubscription(new EmailSubscription(config.alarmEmail));
  return topic;
}

/**
 * Makes a key of our own. CloudWatch may not use the account's SNS key, and the policy of that key cannot be
 * changed: alarms would be lost without an error (ADR 21).
 */
function makeAlarmKey(scope: Construct): Key {
  const key = new Key(scope, 'AlarmTopicKey', {
    description: 'Encrypts the alarms on their way through the topic',
    enableKeyRotation: true,
    // No stored data is encrypted with it.
    removalPolicy: RemovalPolicy.DESTROY,
  });
  // In a key policy, * means that key.
  key.addToResourcePolicy(allowAlarms(scope, ['kms:Decrypt', 'kms:GenerateDataKey*'], '*'));
  return key;
}

/**
 * Allows actions to the alarms of this account, and not to those of other accounts. CloudWatch sends the
 * condition's key to KMS too, which not every service does, by a library of AWS:
 * https://aws.github.io/modern-data-architecture-accelerator/typedocs/functions/_aws-mdaa_cloudwatch-constructs.grantCloudWatchAlarmsTopicAccess.html
 */
function allowAlarms(scope: Construct, actions: string[], resource: string): PolicyStatement {
  return new PolicyStatement({
    sid: 'AllowAlarms',
    actions,
    principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
    resources: [resource],
    conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } },
  });
}
