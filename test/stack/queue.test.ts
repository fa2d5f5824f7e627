/** Tests the queues of the template: retention, TLS, and a delivery in which single messages can fail. */
import { describe, expect, test } from '@jest/globals';
import { templateOf } from './template.ts';

describe('queue', () => {
  const template = templateOf();

  test('both queues are encrypted, and dead letters are kept for 14 days', () => {
    expect(Object.keys(template.ofType('AWS::SQS::Queue')).sort()).toEqual([
      'QueueChunks',
      'QueueDeadLetters',
    ]);
    expect(template.properties('QueueDeadLetters')).toEqual({
      MessageRetentionPeriod: 14 * 86_400,
      SqsManagedSseEnabled: true,
    });
  });

  test('a chunk is hidden until the claim of a killed worker has ended, and is a dead letter after 8 deliveries', () => {
    expect(template.properties('QueueChunks')).toMatchObject({
      SqsManagedSseEnabled: true,
      VisibilityTimeout: 365,
      RedrivePolicy: { deadLetterTargetArn: '${QueueDeadLetters.Arn}', maxReceiveCount: 8 },
    });
    expect(template.properties('FunctionsWorker')['Timeout']).toBe(30);
  });

  test.each(['QueueChunks', 'QueueDeadLetters'])('%s refuses every call without TLS', (id) => {
    expect(template.properties(`${id}Policy`)).toMatchObject({
      Queues: [`\${${id}}`],
      PolicyDocument: {
        Statement: [
          {
            Effect: 'Deny',
            Action: 'sqs:*',
            Principal: { AWS: '*' },
            Resource: `\${${id}.Arn}`,
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          },
        ],
      },
    });
  });

  test('the worker gets batches in which single messages can fail, with a limit on concurrent workers', () => {
    expect(Object.keys(template.ofType('AWS::Lambda::EventSourceMapping'))).toEqual(['QueueDelivery']);
    expect(template.properties('QueueDelivery')).toEqual({
      EventSourceArn: '${QueueChunks.Arn}',
      FunctionName: '${FunctionsWorker}',
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      BatchSize: 1,
      MaximumBatchingWindowInSeconds: 0,
      ScalingConfig: { MaximumConcurrency: 10 },
    });
  });
});

test('the configuration sets timeout, visibility timeout, concurrency and number of deliveries', () => {
  const template = templateOf({
    workerTimeoutSeconds: '60',
    workerMaxConcurrency: '3',
    maxReceiveCount: '7',
  });
  expect(template.properties('FunctionsWorker')['Timeout']).toBe(60);
  expect(template.properties('QueueChunks')).toMatchObject({
    VisibilityTimeout: 425,
    RedrivePolicy: { maxReceiveCount: 7 },
  });
  expect(template.properties('QueueDelivery')).toMatchObject({ ScalingConfig: { MaximumConcurrency: 3 } });
});
