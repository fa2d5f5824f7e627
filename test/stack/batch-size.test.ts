/**
 * The batches that the worker is given. AWS refuses a mapping of more than 10 messages without a batching
 * window: https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
 */
import { Stack } from 'aws-cdk-lib';
import { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Template } from 'aws-cdk-lib/assertions';
import { expect, test } from '@jest/globals';
import { readConfig } from '../../lib/config.ts';
import { WorkQueue } from '../../lib/work-queue.ts';
import { makeApp } from './readable-template.ts';

/** Synthesizes the mapping alone: a whole stack for each size would take seconds. */
function synthesizeMapping(chunkSize: number) {
  const stack = new Stack(makeApp({}), 'S');
  const config = readConfig({ chunkSize, maxTargetGroupsPerJob: 500 });
  const queue = new WorkQueue(stack, 'Queue', 'Chunks', config);
  queue.deliverTo(LambdaFunction.fromFunctionName(stack, 'Worker', 'worker'));
  const [mapping] = Object.values(
    Template.fromStack(stack).findResources('AWS::Lambda::EventSourceMapping'),
  ) as { Properties: { BatchSize: number; MaximumBatchingWindowInSeconds: number } }[];
  return mapping?.Properties;
}

test.each([
  { chunkSize: 1, batchSize: 10 },
  { chunkSize: 20, batchSize: 10 },
  { chunkSize: 21, batchSize: 9 },
  { chunkSize: 100, batchSize: 2 },
  { chunkSize: 101, batchSize: 1 },
  { chunkSize: 200, batchSize: 1 },
  { chunkSize: 201, batchSize: 1 },
  { chunkSize: 1_000, batchSize: 1 },
])('chunks of $chunkSize come $batchSize at a time, without waiting', ({ chunkSize, batchSize }) => {
  expect(synthesizeMapping(chunkSize)).toMatchObject({
    BatchSize: batchSize,
    MaximumBatchingWindowInSeconds: 0,
  });
});
