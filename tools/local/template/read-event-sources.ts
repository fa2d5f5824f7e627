/** Reads the event source mappings of a template: which queue is read for which function, and how. */
import { z } from 'zod';
import { UnsupportedTemplateError } from '../template-errors.ts';
import { findFunctionByArn, type LambdaFunction } from './read-functions.ts';
import type { References } from './intrinsics.ts';
import type { Queue } from './read-queues.ts';
import { readProperties, findResources, type Template } from './template.ts';
import { makeArn } from '../cloud.ts';

const mappingShape = z.object({
  BatchSize: z.number().default(10),
  Enabled: z.boolean().default(true),
  EventSourceArn: z.string(),
  FunctionName: z.string(),
  FunctionResponseTypes: z.array(z.literal('ReportBatchItemFailures')).default([]),
  MaximumBatchingWindowInSeconds: z.number().default(0),
  ScalingConfig: z.strictObject({ MaximumConcurrency: z.number().optional() }).default({}),
});

const WITHOUT_EFFECT = ['MetricsConfig', 'Tags'];

export interface EventSource {
  readonly logicalId: string;
  readonly queue: Queue;
  readonly queueArn: string;
  readonly functionId: string;
  readonly batchSize: number;
  readonly batchingWindowSeconds: number;
  readonly reportsFailures: boolean;
  /** Undefined when the template sets no limit. */
  readonly maximumConcurrency: number | undefined;
}

/**
 * Returns the enabled mappings. @throws UnsupportedTemplateError, for example for a source other than a queue
 */
export function readEventSources(
  template: Template,
  references: References,
  functions: readonly LambdaFunction[],
  queues: readonly Queue[],
): EventSource[] {
  return findResources(template, 'AWS::Lambda::EventSourceMapping').flatMap((resource) => {
    const properties = readProperties(resource, references, mappingShape, WITHOUT_EFFECT);
    const queue = queues.find(({ name }) => makeArn('sqs', name) === properties.EventSourceArn);
    if (queue === undefined) {
      throw new UnsupportedTemplateError(
        `${resource.type} ${resource.logicalId}: ${properties.EventSourceArn} is no queue of this template`,
      );
    }
    if (!properties.Enabled) return [];
    return {
      logicalId: resource.logicalId,
      queue,
      queueArn: properties.EventSourceArn,
      functionId: findFunctionByArn(functions, properties.FunctionName, resource),
      batchSize: properties.BatchSize,
      batchingWindowSeconds: properties.MaximumBatchingWindowInSeconds,
      reportsFailures: properties.FunctionResponseTypes.length > 0,
      maximumConcurrency: properties.ScalingConfig.MaximumConcurrency,
    };
  });
}
