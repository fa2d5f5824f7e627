/** Creates jobs whose messages no worker reads, so that a section decides what happens to their chunks. */
import { DeleteMessageBatchCommand, type Message, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { FunctionPool } from '../../local/functions/pool.ts';
import type { Tenant } from '../../../src/domain/ids.ts';
import { makeCreateEvent, parseAnswer } from './gateway-events.ts';
import { type BenchRig, replaceQueueUrl } from './bench-rig.ts';

export class UnreadJobs {
  readonly #rig: BenchRig;
  readonly #queueUrl: string;
  readonly #creator: FunctionPool;

  private constructor(rig: BenchRig, queueUrl: string, environment: Readonly<Record<string, string>>) {
    this.#rig = rig;
    this.#queueUrl = queueUrl;
    const lambda = replaceQueueUrl(queueUrl, rig.findFunction('create-job'), rig);
    this.#creator = new FunctionPool(
      { ...lambda, environment: { ...lambda.environment, ...environment } },
      rig.stores,
      () => undefined,
    );
  }

  /** @param environment replaces variables of create-job */
  static async open(rig: BenchRig, environment: Readonly<Record<string, string>> = {}): Promise<UnreadJobs> {
    return new UnreadJobs(rig, await rig.createQueue(), environment);
  }

  /**
   * Creates a job.
   * @param token one for the account of the tenant; by default that of account 101
   */
  async create(tenant: Tenant, ids: readonly string[], token = this.#rig.token): Promise<void> {
    const result = await this.#creator.invoke(makeCreateEvent({ ...this.#rig, token }, tenant, ids));
    if (!result.ok) throw new Error(`create-job failed: ${result.error.errorMessage}`);
    parseAnswer(result.payload, 201);
  }

  /** Takes all messages out of the queue. */
  async takeMessages(): Promise<Message[]> {
    const { sqs } = this.#rig;
    const taken: Message[] = [];
    for (;;) {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: this.#queueUrl,
          MaxNumberOfMessages: 10,
          WaitTimeSeconds: 0,
          MessageSystemAttributeNames: ['All'],
        }),
      );
      if (Messages.length === 0) return taken;
      taken.push(...Messages);
      const entries = Messages.map(({ ReceiptHandle }, i) => ({ Id: String(i), ReceiptHandle }));
      await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: this.#queueUrl, Entries: entries }));
    }
  }

  async stop(): Promise<void> {
    await this.#creator.stop();
  }
}
