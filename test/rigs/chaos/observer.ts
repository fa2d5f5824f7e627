/**
 * Reports the traffic between functions and stores to the auditor: every write of a target group, and every
 * message that is sent or deleted.
 */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { z } from 'zod';
import { type CallHook, readOperation, type WholeAnswer } from '../../../tools/kit/forwarding.ts';
import { readTargetGroup } from '../../../src/adapters/dynamodb/target-group-item.ts';
import { decodeMessage, type WorkMessage } from '../../../src/adapters/sqs/work-message.ts';
import type { TargetGroup } from '../../../src/domain/target-group.ts';
import type { Auditor } from '../auditor/auditor.ts';
import { makeGroupName } from '../auditor/history.ts';

const update = z.looseObject({
  TableName: z.string(),
  Key: z.record(z.string(), z.object({ S: z.string() })),
});
const updated = z.object({ Attributes: z.record(z.string(), z.custom<AttributeValue>()) });
const entries = z.object({ Entries: z.array(z.looseObject({ Id: z.string() })) });
const successful = z.object({ Successful: z.array(z.object({ Id: z.string() })).default([]) });
const sending = z.object({ MessageBody: z.string(), DelaySeconds: z.number().default(0) });
const receipt = z.object({ ReceiptHandle: z.string() });
const received = z.object({
  Messages: z
    .array(z.object({ MessageId: z.string(), ReceiptHandle: z.string(), Body: z.string() }))
    .default([]),
});

export class Observer {
  readonly #auditor: Auditor;
  readonly #table: string;
  /** The current state of every target group, by name. */
  readonly groups = new Map<string, TargetGroup>();
  /** The latest write of each target group, which may be in flight. */
  readonly #writing = new Map<string, Promise<unknown>>();
  /** Numbers of the give-ups that were sent: by reconcile, and again by workers that met a claim. */
  readonly giveUps = { sent: 0, again: 0 };
  /** Each received message, by receipt handle. */
  readonly #received = new Map<string, WorkMessage & { readonly messageId: string }>();
  /** The messages that were deleted. A delete whose answer was lost is repeated. */
  readonly #deleted = new Set<string>();

  /** @param table name of the target groups table */
  constructor(auditor: Auditor, table: string) {
    this.#auditor = auditor;
    this.#table = table;
  }

  /** Adds a target group that exists. */
  add(group: TargetGroup): void {
    this.groups.set(makeGroupName(group), group);
    this.#auditor.addWrite(undefined, group);
  }

  /** Wraps the calls to DynamoDB. */
  readonly aroundDynamoDB: CallHook = async (call, forward) => {
    if (readOperation(call) !== 'UpdateItem') return forward(call);
    const input = update.parse(JSON.parse(call.body.toString()));
    const before = this.groups.get(input.Key['pk']?.S ?? '');
    if (input.TableName !== this.#table || before === undefined) return forward(call);
    return this.#runInOrder(makeGroupName(before), async () => {
      const body = Buffer.from(JSON.stringify({ ...input, ReturnValues: 'ALL_NEW' }));
      const answer = await forward({ ...call, body });
      if (answer.status === 200) this.#reportWrite(before, answer);
      return answer;
    });
  };

  /** Wraps the calls to SQS. */
  readonly aroundSqs: CallHook = async (call, forward) => {
    const { body } = call;
    const answer = await forward(call);
    if (answer.status !== 200) return answer;
    const said: unknown = JSON.parse(answer.body.toString() || '{}');
    switch (readOperation(call)) {
      case 'SendMessageBatch':
        for (const entry of listSuccessful(body, said)) await this.#reportSent(sending.parse(entry));
        break;
      case 'ReceiveMessage':
        for (const { MessageId: messageId, ReceiptHandle, Body } of received.parse(said).Messages) {
          this.#received.set(ReceiptHandle, { ...decodeMessage(Body), messageId });
        }
        break;
      case 'DeleteMessageBatch':
        for (const entry of listSuccessful(body, said)) {
          await this.#reportDeleted(receipt.parse(entry).ReceiptHandle);
        }
        break;
    }
    return answer;
  };

  async #reportSent({ MessageBody, DelaySeconds }: z.infer<typeof sending>): Promise<void> {
    const message = decodeMessage(MessageBody);
    if (message.kind === 'chunk') {
      this.#auditor.checkSent(message.work);
      return;
    }
    // Only a worker that has met a claim sends with a delay.
    const again = DelaySeconds > 0;
    this.giveUps[again ? 'again' : 'sent'] += 1;
    await this.#auditor.checkGiveUpSent(message.work, again);
  }

  async #reportDeleted(receiptHandle: string): Promise<void> {
    const message = this.#received.get(receiptHandle);
    if (message === undefined || this.#deleted.has(message.messageId)) return;
    this.#deleted.add(message.messageId);
    if (message.kind === 'chunk') await this.#auditor.checkAcknowledged(message.work);
    else await this.#auditor.checkGiveUpAcknowledged(message.work);
  }

  /** Forwards the writes of one target group one after the other, so that they are reported in order. */
  async #runInOrder<T>(name: string, write: () => Promise<T>): Promise<T> {
    const last = this.#writing.get(name) ?? Promise.resolve();
    const mine = last.catch(() => undefined).then(write);
    this.#writing.set(name, mine);
    return mine;
  }

  #reportWrite({ accountId, projectId, targetGroupId }: TargetGroup, answer: WholeAnswer): void {
    const key = { accountId, projectId, targetGroupId };
    const item = unmarshall(updated.parse(JSON.parse(answer.body.toString())).Attributes);
    const after = readTargetGroup(key, item);
    this.#auditor.addWrite(this.groups.get(makeGroupName(key)), after);
    this.groups.set(makeGroupName(key), after);
  }
}

/** Returns the entries of a batch that succeeded. */
function listSuccessful(request: Buffer, answer: unknown): unknown[] {
  const ids = new Set(successful.parse(answer).Successful.map(({ Id }) => Id));
  return entries.parse(JSON.parse(request.toString())).Entries.filter(({ Id }) => ids.has(Id));
}
