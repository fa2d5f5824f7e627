/** A queue of work with its dead-letter queue, and how its messages are delivered to the worker. */
import { Duration, Stack } from 'aws-cdk-lib';
import { EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnQueue, Queue, QueueEncryption, type QueueProps, RedrivePermission } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Config } from './config.ts';
import { findCustomerKey } from './customer-key.ts';
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

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html */
const MOST_CHARACTERS_OF_NAME = 80;

const UUID_CHARACTERS = 36;

/**
 * How long SQS uses a data key, and so how long after a change of the key's policy messages still pass. It is
 * SQS's default, and DynamoDB's caches live as long. docs/costs.md says what it costs.
 */
const DATA_KEY_REUSE = Duration.minutes(5);

/** The queues of the worker, by the word in their names. */
type QueueName = 'Chunks' | 'GiveUps';

export class WorkQueue extends Construct {
  readonly queue: Queue;
  readonly deadLetters: Queue;
  readonly #config: Config;

  /** @param name also the id of the queue below this construct */
  constructor(scope: Construct, id: string, name: QueueName, config: Config) {
    super(scope, id);
    this.#config = config;
    const common = { ...this.#encrypt(), enforceSSL: true };

    const queueName = makeQueueName(config.stackName, name);
    this.deadLetters = new Queue(this, 'DeadLetters', { ...common, retentionPeriod: DEAD_LETTER_RETENTION });
    allowDeadLettersOf(this.deadLetters, Stack.of(this).formatArn({ service: 'sqs', resource: queueName }));
    this.queue = new Queue(this, name, {
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
   *
   * The limit on concurrent invocations is one of this queue alone. A function that two queues are delivered
   * to may run twice workerMaxConcurrency times at once, and a reservation must not be less than the sum:
   * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
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

  /** A queue and its dead letters have one key, so that whoever reads one can read the other. */
  #encrypt(): QueueProps {
    const key = findCustomerKey(this, this.#config);
    if (key === undefined) return { encryption: QueueEncryption.SQS_MANAGED };
    return { encryption: QueueEncryption.KMS, encryptionMasterKey: key, dataKeyReuse: DATA_KEY_REUSE };
  }
}

/** Makes a name that no other queue of the account has, with as much of the stack's name as has room. */
function makeQueueName(stackName: string, name: QueueName): string {
  const room = MOST_CHARACTERS_OF_NAME - `-${name}-`.length - UUID_CHARACTERS;
  return `${stackName.slice(0, room)}-${name}-${STACK_UUID}`;
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
