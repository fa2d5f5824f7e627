/** The SQS queues of a template. */
import { z } from 'zod';
import type { References } from './intrinsics.ts';
import { physicalName } from './references.ts';
import { readProperties, resourcesOfType, type Template } from './template.ts';

const queueShape = z.object({
  DelaySeconds: z.number().optional(),
  MaximumMessageSize: z.number().optional(),
  MessageRetentionPeriod: z.number().optional(),
  ReceiveMessageWaitTimeSeconds: z.number().optional(),
  RedrivePolicy: z.strictObject({ deadLetterTargetArn: z.string(), maxReceiveCount: z.number() }).optional(),
  VisibilityTimeout: z.number().optional(),
});

/** Encryption, and who may use a queue as a dead-letter queue. */
const WITHOUT_EFFECT = [
  'KmsDataKeyReusePeriodSeconds',
  'KmsMasterKeyId',
  'QueueName',
  'RedriveAllowPolicy',
  'SqsManagedSseEnabled',
  'Tags',
];

export interface Queue {
  readonly logicalId: string;
  readonly name: string;
  /** As CreateQueue takes them. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** @throws UnsupportedTemplateError, for FIFO queues among others */
export function readQueues(template: Template, references: References): Queue[] {
  return resourcesOfType(template, 'AWS::SQS::Queue').map((resource) => {
    const properties = readProperties(resource, references, queueShape, WITHOUT_EFFECT);
    return {
      logicalId: resource.logicalId,
      name: physicalName(template, resource, 'QueueName'),
      attributes: Object.fromEntries(
        Object.entries(properties).map(([name, value]) => [
          name,
          typeof value === 'number' ? String(value) : JSON.stringify(value),
        ]),
      ),
    };
  });
}
