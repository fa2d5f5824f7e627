/** Tests the queues of the template: retention, TLS, and a delivery in which single messages can fail. */
import { describe, expect, test } from '@jest/globals';
import { synthesizeTemplate } from './readable-template.ts';

/** The name of the queue, in a stack with the default name. */
const CHUNKS = 'FieldingJobs-Chunks-${AWS::StackId/2}';

describe('queue', () => {
  const template = synthesizeTemplate();

  test('both queues are encrypted; dead letters come from the other queue only, and are kept for 14 days', () => {
    expect(Object.keys(template.findByType('AWS::SQS::Queue')).sort()).toEqual([
      'QueueChunks',
      'QueueDeadLetters',
    ]);
    expect(template.readProperties('QueueDeadLetters')).toEqual({
      MessageRetentionPeriod: 14 * 86_400,
      RedriveAllowPolicy: {
        redrivePermission: 'byQueue',
        sourceQueueArns: [`arn:\${AWS::Partition}:sqs:\${AWS::Region}:\${AWS::AccountId}:${CHUNKS}`],
      },
      SqsManagedSseEnabled: true,
    });
    expect(template.readProperties('QueueChunks')['QueueName']).toBe(CHUNKS);
  });

  test('a chunk is hidden until the claim of a killed worker has ended, and is a dead letter after 8 deliveries', () => {
    expect(template.readProperties('QueueChunks')).toMatchObject({
      SqsManagedSseEnabled: true,
      VisibilityTimeout: 180,
      RedrivePolicy: { deadLetterTargetArn: '${QueueDeadLetters.Arn}', maxReceiveCount: 8 },
    });
    expect(template.readProperties('FunctionsWorker')['Timeout']).toBe(30);
  });

  test.each(['QueueChunks', 'QueueDeadLetters'])('%s refuses every call without TLS', (id) => {
    expect(template.readProperties(`${id}Policy`)).toMatchObject({
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
    expect(Object.keys(template.findByType('AWS::Lambda::EventSourceMapping'))).toEqual(['QueueDelivery']);
    expect(template.readProperties('QueueDelivery')).toEqual({
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
  const template = synthesizeTemplate({
    workerTimeoutSeconds: '60',
    workerMaxConcurrency: '3',
    maxReceiveCount: '7',
  });
  expect(template.readProperties('FunctionsWorker')['Timeout']).toBe(60);
  expect(template.readProperties('QueueChunks')).toMatchObject({
    VisibilityTimeout: 360,
    RedrivePolicy: { maxReceiveCount: 7 },
  });
  expect(template.readProperties('QueueDelivery')).toMatchObject({
    ScalingConfig: { MaximumConcurrency: 3 },
  });
});

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html
test('the name of the queue has at most 80 characters, however long that of the stack', () => {
  const { QueueName } = synthesizeTemplate({ stackName: 'S'.repeat(100) }).readProperties('QueueChunks');
  const uuid = '5b918d10-cd98-11ea-90d5-0a9cd3354c10';
  expect(String(QueueName).replace('${AWS::StackId/2}', uuid)).toBe(`${'S'.repeat(36)}-Chunks-${uuid}`);
  expect(`${'S'.repeat(36)}-Chunks-${uuid}`).toHaveLength(80);
});
