/** Reads the SQS queues of a template. */
import { z } from 'zod';
import type { References } from './intrinsics.ts';
import { getPhysicalName } from './references.ts';
import { makeArn } from '../cloud.ts';
import { UnsupportedTemplateError } from '../template-errors.ts';
import { readProperties, findResources, type Template } from './template.ts';

const queueShape = z.object({
  DelaySeconds: z.number().optional(),
  MaximumMessageSize: z.number().optional(),
  MessageRetentionPeriod: z.number().optional(),
  ReceiveMessageWaitTimeSeconds: z.number().optional(),
  RedriveAllowPolicy: z
    .strictObject({
      redrivePermission: z.literal('byQueue'),
      sourceQueueArns: z.array(z.string()).min(1).max(10),
    })
    .optional(),
  RedrivePolicy: z.strictObject({ deadLetterTargetArn: z.string(), maxReceiveCount: z.number() }).optional(),
  VisibilityTimeout: z.number().optional(),
});

/** Properties about encryption, names and permissions that the emulator does not need. */
const WITHOUT_EFFECT = [
  'KmsDataKeyReusePeriodSeconds',
  'KmsMasterKeyId',
  'QueueName',
  'SqsManagedSseEnabled',
  'Tags',
];

export interface Queue {
  readonly logicalId: string;
  readonly name: string;
  /** Attributes for CreateQueue. */
  readonly attributes: Readonly<Record<string, string>>;
}

/**
 * @throws UnsupportedTemplateError, for example for a FIFO queue, or for a queue that its dead-letter queue
 * does not allow, which SQS refuses
 */
export function readQueues(template: Template, references: References): Queue[] {
  const allowedSources = new Map<string, readonly string[]>();
  const queues = findResources(template, 'AWS::SQS::Queue').map((resource) => {
    const { RedriveAllowPolicy, ...properties } = readProperties(
      resource,
      references,
      queueShape,
      WITHOUT_EFFECT,
    );
    const name = getPhysicalName(resource, 'QueueName');
    if (RedriveAllowPolicy) allowedSources.set(makeArn('sqs', name), RedriveAllowPolicy.sourceQueueArns);
    return { resource, name, properties };
  });
  return queues.map(({ resource: { type, logicalId }, name, properties }) => {
    const target = properties.RedrivePolicy?.deadLetterTargetArn ?? '';
    if (allowedSources.get(target)?.includes(makeArn('sqs', name)) === false) {
      throw new UnsupportedTemplateError(`${type} ${logicalId}: its dead-letter queue does not allow it`);
    }
    return {
      logicalId,
      name,
      attributes: Object.fromEntries(
        Object.entries(properties).map(([attribute, value]) => [
          attribute,
          typeof value === 'number' ? String(value) : JSON.stringify(value),
        ]),
      ),
    };
  });
}
