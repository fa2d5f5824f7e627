/** The queue loses nothing, talks TLS only, and delivers so that single messages can fail. */
import { describe, expect, test } from '@jest/globals';
import { templateOf } from './template.ts';

describe('queue', () => {
  const template = templateOf();

  test('two queues, encrypted; dead letters stay for 14 days', () => {
    expect(Object.keys(template.ofType('AWS::SQS::Queue')).sort()).toEqual([
      'QueueChunks',
      'QueueDeadLetters',
    ]);
    expect(template.properties('QueueDeadLetters')).toEqual({
      MessageRetentionPeriod: 14 * 86_400,
      SqsManagedSseEnabled: true,
    });
  });

  test('chunks: hidden until the claim of a killed worker is over, then to the dead letters after 8 deliveries', () => {
    expect(template.properties('QueueChunks')).toMatchObject({
      SqsManagedSseEnabled: true,
      VisibilityTimeout: 365,
      RedrivePolicy: { deadLetterTargetArn: '${QueueDeadLetters.Arn}', maxReceiveCount: 8 },
    });
    expect(template.properties('FunctionsWorker')['Timeout']).toBe(30);
  });

  test.each(['QueueChunks', 'QueueDeadLetters'])('%s refuses whoever comes without TLS', (id) => {
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

  test('delivery: to the worker, in batches whose messages fail one by one, with a bound on workers', () => {
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

test('the configuration moves timeout, visibility, concurrency and deliveries', () => {
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
