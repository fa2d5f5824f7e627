/** Tests the queues of the template: retention, TLS, and a delivery in which single messages can fail. */
import { describe, expect, test } from '@jest/globals';
import { synthesizeTemplate } from './readable-template.ts';

/** What the template has of each queue: its id, that of its dead letters, and its name. */
const QUEUES = [
  {
    id: 'QueueChunks',
    deadLetters: 'QueueDeadLetters',
    delivery: 'QueueDelivery',
    name: 'FieldingJobs-Chunks-${AWS::StackId/2}',
  },
  {
    id: 'GivingUpGiveUps',
    deadLetters: 'GivingUpDeadLetters',
    delivery: 'GivingUpDelivery',
    name: 'FieldingJobs-GiveUps-${AWS::StackId/2}',
  },
];

test('there are two queues with their dead letters, and both are delivered to the worker', () => {
  const template = synthesizeTemplate();
  expect(Object.keys(template.findByType('AWS::SQS::Queue')).sort()).toEqual(
    QUEUES.flatMap(({ id, deadLetters }) => [id, deadLetters]).sort(),
  );
  expect(Object.keys(template.findByType('AWS::Lambda::EventSourceMapping')).sort()).toEqual(
    QUEUES.map(({ delivery }) => delivery).sort(),
  );
});

describe.each(QUEUES)('$id', ({ id, deadLetters, delivery, name }) => {
  const template = synthesizeTemplate();

  test('is encrypted, as are its dead letters, which come from it only, and are kept for 14 days', () => {
    expect(template.readProperties(deadLetters)).toEqual({
      MessageRetentionPeriod: 14 * 86_400,
      RedriveAllowPolicy: {
        redrivePermission: 'byQueue',
        sourceQueueArns: [`arn:\${AWS::Partition}:sqs:\${AWS::Region}:\${AWS::AccountId}:${name}`],
      },
      SqsManagedSseEnabled: true,
    });
    expect(template.readProperties(id)['QueueName']).toBe(name);
  });

  test('hides a message until the claim of a killed worker has ended; after 8 deliveries it is a dead letter', () => {
    expect(template.readProperties(id)).toMatchObject({
      SqsManagedSseEnabled: true,
      VisibilityTimeout: 180,
      RedrivePolicy: { deadLetterTargetArn: `\${${deadLetters}.Arn}`, maxReceiveCount: 8 },
    });
    expect(template.readProperties('FunctionsWorker')['Timeout']).toBe(30);
  });

  test.each([id, deadLetters])('%s refuses every call without TLS', (queue) => {
    expect(template.readProperties(`${queue}Policy`)).toMatchObject({
      Queues: [`\${${queue}}`],
      PolicyDocument: {
        Statement: [
          {
            Effect: 'Deny',
            Action: 'sqs:*',
            Principal: { AWS: '*' },
            Resource: `\${${queue}.Arn}`,
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          },
        ],
      },
    });
  });

  test('comes to the worker in batches in which single messages can fail, with a limit on concurrent workers', () => {
    expect(template.readProperties(delivery)).toEqual({
      EventSourceArn: `\${${id}.Arn}`,
      FunctionName: '${FunctionsWorker}',
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      BatchSize: 1,
      MaximumBatchingWindowInSeconds: 0,
      ScalingConfig: { MaximumConcurrency: 10 },
    });
  });

  // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html
  test('has a name of at most 80 characters, however long that of the stack', () => {
    const { QueueName } = synthesizeTemplate({ stackName: 'S'.repeat(100) }).readProperties(id);
    const uuid = '5b918d10-cd98-11ea-90d5-0a9cd3354c10';
    const whole = String(QueueName).replace('${AWS::StackId/2}', uuid);
    expect(whole).toMatch(new RegExp(`^S{35,}-(Chunks|GiveUps)-${uuid}$`));
    expect(whole).toHaveLength(80);
  });
});

test('the configuration sets timeout, visibility timeout, concurrency and number of deliveries', () => {
  const template = synthesizeTemplate({
    workerTimeoutSeconds: '60',
    workerMaxConcurrency: '3',
    workerRate: '1000',
    maxReceiveCount: '7',
  });
  expect(template.readProperties('FunctionsWorker')['Timeout']).toBe(60);
  for (const { id, delivery } of QUEUES) {
    expect(template.readProperties(id)).toMatchObject({
      VisibilityTimeout: 360,
      RedrivePolicy: { maxReceiveCount: 7 },
    });
    expect(template.readProperties(delivery)).toMatchObject({ ScalingConfig: { MaximumConcurrency: 3 } });
  }
});
