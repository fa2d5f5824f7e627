/** The topic that alarms are sent to, encrypted under a key that CloudWatch may use. */
import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';
import type { Config } from '../config.ts';

/** Makes the topic, with the subscription of the configured address. */
export function alarmTopic(scope: Construct, config: Config): Topic {
  const topic = new Topic(scope, 'AlarmTopic', { enforceSSL: true, masterKey: alarmKey(scope) });
  // A topic with a policy of its own has lost the default one, by which the account's alarms could publish.
  topic.addToResourcePolicy(alarmsMay(scope, ['sns:Publish'], topic.topicArn));
  if (config.alarmEmail !== undefined) topic.addSubscription(new EmailSubscription(config.alarmEmail));
  return topic;
}

/**
 * A key of our own: CloudWatch may not use the account's SNS key, nor can that be changed, and an alarm would be lost
 * without a word.
 */
function alarmKey(scope: Construct): Key {
  const key = new Key(scope, 'AlarmTopicKey', {
    description: 'Encrypts the alarms on their way through the topic',
    enableKeyRotation: true,
    // Nothing that is kept is encrypted with it.
    removalPolicy: RemovalPolicy.DESTROY,
  });
  // In the policy of a key, * is that key.
  key.addToResourcePolicy(alarmsMay(scope, ['kms:Decrypt', 'kms:GenerateDataKey*'], '*'));
  return key;
}

/** A statement for the alarms of this account, and of no other that might name our topic. */
function alarmsMay(scope: Construct, actions: string[], resource: string): PolicyStatement {
  return new PolicyStatement({
    sid: 'AllowAlarms',
    actions,
    principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
    resources: [resource],
    conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } },
  });
}
