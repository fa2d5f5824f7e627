/** The company's own key, if there is one, and what the functions may do with it (ADR 21). */
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import type { Config } from './config.ts';

/** Finds the key that the configuration names. */
export function findCustomerKey(scope: Construct, { kmsKeyArn }: Config): IKey | undefined {
  return kmsKeyArn === undefined ? undefined : Key.fromKeyArn(scope, 'CustomerKey', kmsKeyArn);
}

/**
 * Makes the grants on the key that a function with these grants needs. DynamoDB and SQS use the key in the
 * name of whoever calls them; the function itself may not. The names of the services stand without their
 * domain, because that of China differs.
 * - a table: its key is decrypted for the caller, and was made by DynamoDB itself:
 *   https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html#dynamodb-cmk-trail
 * - a queue: a sender needs a new data key and checks it, a receiver decrypts it:
 *   https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
 * - https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service
 */
export function allowKeyUse(keyArn: string, grants: readonly PolicyStatement[]): PolicyStatement[] {
  const actions = grants.flatMap((grant) => grant.actions);
  const allowVia = (service: string, ...keyActions: string[]) =>
    new PolicyStatement({
      actions: keyActions,
      resources: [keyArn],
      conditions: { StringLike: { 'kms:ViaService': `${service}.*` } },
    });
  return [
    ...(actions.some((action) => action.startsWith('dynamodb:'))
      ? [allowVia('dynamodb', 'kms:Decrypt')]
      : []),
    ...(actions.includes('sqs:SendMessage') ? [allowVia('sqs', 'kms:GenerateDataKey', 'kms:Decrypt')] : []),
    ...(actions.includes('sqs:ReceiveMessage') ? [allowVia('sqs', 'kms:Decrypt')] : []),
  ];
}
