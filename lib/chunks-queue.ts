/** The queue of chunks with its dead-letter queue, and how its messages are delivered to the worker. */
import { Duration, Stack } from 'aws-cdk-lib';
import { EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnQueue, Queue, QueueEncryption, RedrivePermission } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Config } from './config.ts';
import { STACK_UUID } from './stack-id.ts';
import { computeVisibilitySeconds } from './worker-times.ts';

/**
 * Target groups per invocation. So few keep an invocation short when calls are slow, lose little work when it
 * is killed, and spread a job over all workers. An invocation costs little compared with 200 writes.
 */
const TARGET_GROUPS_PER_BATCH = 200;

/** The most messages that SQS delivers at once without a batch window. */
const MAX_MESSAGES_PER_BATCH = 10;

/**
 * No wait for a fuller batch: one chunk of the default size fills it, and a small job should start at once.
 */
const BATCH_WINDOW = Duration.seconds(0);

/** Longer than the longest deadline of a job (a day), so that no message expires before its job has ended. */
const RETENTION = Duration.days(4);

/** The longest that SQS offers, so that operators have time to examine a dead letter. */
const DEAD_LETTER_RETENTION = Duration.days(14);

/**
 * Most characters of the stack's name in the name of a queue, which has at most 80:
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html
 */
const MOST_OF_STACK_NAME = 36;

export class ChunksQueue extends Construct {
  readonly queue: Queue;
  readonly deadLetters: Queue;
  readonly #config: Config;

  constructor(scope: Construct, id: string, config: Config) {
    super(scope, id);
    this.#config = config;
    const common = { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true };

    const queueName = `${config.stackName.slice(0, MOST_OF_STACK_NAME)}-Chunks-${STACK_UUID}`;
    this.deadLetters = new Queue(this, 'DeadLetters', { ...common, retentionPeriod: DEAD_LETTER_RETENTION });
    allowDeadLettersOf(this.deadLetters, Stack.of(this).formatArn({ service: 'sqs', resource: queueName }));
    this.queue = new Queue(this, 'Chunks', {
      ...common,
      queueName,
      retentionPeriod: RETENTION,
      visibilityTimeout: Duration.seconds(computeVisibilitySeconds(config)),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: config.maxReceiveCount },
    });
  }

  /**
   * Delivers the messages to a function, which returns the ids of those that failed. The function's role must
   * already have its permissions on the queue, because CDK's event source object would grant more than is
   * used.
   */
  deliverTo(worker: IFunction): void {
    new EventSourceMapping(this, 'Delivery', {
      target: worker,
      eventSourceArn: this.queue.queueArn,
      batchSize: computeBatchSize(this.#config.chunkSize),
      maxBatchingWindow: BATCH_WINDOW,
      reportBatchItemFailures: true,
      maxConcurrency: this.#config.workerMaxConcurrency,
    });
  }
}

/** Computes the messages per invocation: as many chunks as make up TARGET_GROUPS_PER_BATCH. */
function computeBatchSize(chunkSize: number): number {
  return Math.min(MAX_MESSAGES_PER_BATCH, Math.max(1, Math.floor(TARGET_GROUPS_PER_BATCH / chunkSize)));
}

/**
 * Lets one queue alone use a queue for its dead letters. Each of the two names the other one by its ARN,
 * which would be a circular dependency if CloudFormation made both names. So the source has a name that is
 * known before, and the dead-letter queue is made first, because SQS refuses a target that does not exist:
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
 */
function allowDeadLettersOf(deadLetters: Queue, sourceArn: string): void {
  const { defaultChild } = deadLetters.node;
  if (!(defaultChild instanceof CfnQueue)) throw new Error('the dead-letter queue has no CfnQueue');
  defaultChild.redriveAllowPolicy = {
    redrivePermission: RedrivePermission.BY_QUEUE,
    sourceQueueArns: [sourceArn],
  };
}
