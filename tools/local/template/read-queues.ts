/** Reads the SQS queues of a template. */
import { z } from 'zod';
import type { References } from './intrinsics.ts';
import { getPhysicalName } from './references.ts';
import { readProperties, findResources, type Template } from './template.ts';

const queueShape = z.object({
  DelaySeconds: z.number().optional(),
  MaximumMessageSize: z.number().optional(),
  MessageRetentionPeriod: z.number().optional(),
  ReceiveMessageWaitTimeSeconds: z.number().optional(),
  RedrivePolicy: z.strictObject({ deadLetterTargetArn: z.string(), maxReceiveCount: z.number() }).optional(),
  VisibilityTimeout: z.number().optional(),
});

/** Properties about encryption, names and permissions that the emulator does not need. */
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
  /** Attributes for CreateQueue. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** @throws UnsupportedTemplateError, for example for a FIFO queue */
export function readQueues(template: Template, references: References): Queue[] {
  return findResources(template, 'AWS::SQS::Queue').map((resource) => {
    const properties = readProperties(resource, references, queueShape, WITHOUT_EFFECT);
    return {
      logicalId: resource.logicalId,
      name: getPhysicalName(resource, 'QueueName'),
      attributes: Object.fromEntries(
        Object.entries(properties).map(([name, value]) => [
          name,
          typeof value === 'number' ? String(value) : JSON.stringify(value),
        ]),
      ),
    };
  });
}
