/** Keeps every call to the emulators as it was on the wire. */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { type CallHook, readOperation } from '../../../tools/kit/forwarding.ts';

type Attributes = Record<string, AttributeValue>;

/** What the tests look at in the input of a call. */
export interface CallInput {
  readonly TableName?: string;
  readonly Item?: Attributes;
  readonly Key?: Attributes;
  readonly ExpressionAttributeValues?: Attributes;
  readonly UpdateExpression?: string;
  readonly KeyConditionExpression?: string;
  readonly ConsistentRead?: boolean;
  readonly Limit?: number;
  readonly QueueUrl?: string;
  readonly Entries?: readonly SentMessage[];
  readonly ReceiptHandle?: string;
  readonly VisibilityTimeout?: number;
}

/** An entry of `SendMessageBatch`. */
interface SentMessage {
  readonly MessageBody: string;
  readonly MessageGroupId?: string;
  readonly MessageSystemAttributes?: Readonly<Record<string, { readonly StringValue: string }>>;
}

export class RecordedCall {
  readonly operation: string;
  readonly text: string;
  /** When it arrived, epoch ms. */
  readonly at: number;
  /** When it had its answer, or broke, epoch ms. */
  answeredAt = Infinity;

  constructor(operation: string, text: string, at: number) {
    this.operation = operation;
    this.text = text;
    this.at = at;
  }

  get input(): CallInput {
    return JSON.parse(this.text) as CallInput;
  }

  /** The item that is put. */
  get item(): Record<string, unknown> {
    return unmarshall(this.input.Item ?? {});
  }

  /** The values of its expressions. */
  get values(): Record<string, unknown> {
    return unmarshall(this.input.ExpressionAttributeValues ?? {});
  }
}

export class Recording {
  readonly #calls: RecordedCall[] = [];

  /** To be put around the calls. */
  around(inner: CallHook): CallHook {
    return async (call, forward) => {
      const recorded = new RecordedCall(readOperation(call), call.body.toString(), readTime());
      this.#calls.push(recorded);
      try {
        return await inner(call, forward);
      } finally {
        recorded.answeredAt = readTime();
      }
    };
  }

  /** All calls so far, in order. */
  list(): readonly RecordedCall[] {
    return this.#calls;
  }

  /** The calls of an operation so far whose body has all of `parts`, in order. */
  listCalls(operation: string, ...parts: readonly string[]): RecordedCall[] {
    return this.#calls.filter(
      (call) => call.operation === operation && parts.every((part) => call.text.includes(part)),
    );
  }
}

/** The time of the machine in epoch ms, also while a test holds the clock of this process. */
function readTime(): number {
  return performance.timeOrigin + performance.now();
}
