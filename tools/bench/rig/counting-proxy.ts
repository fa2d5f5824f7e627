/**
 * Records each call between one caller and an emulator: its time, operation and consumption. It adds the
 * request for the consumed capacity to calls of DynamoDB, because the functions do not send it.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { type CallHook, forwardTo, readOperation } from '../../kit/forwarding.ts';
import type { Listener } from '../../kit/loopback.ts';
import type { Interval } from '../chain.ts';
import { countBilledRequests } from '../dollars.ts';

export interface Call extends Interval {
  readonly operation: string;
  /** On the table and on its indexes. */
  readonly writeUnits: number;
  /** How many of the write units were on indexes. */
  readonly indexUnits: number;
  readonly readUnits: number;
  /** Bytes of the bodies of sent or received messages, which SQS bills. */
  readonly messageBytes: number;
  /** Number of received messages. */
  readonly messages: number;
}

/** Returns the requests that SQS bills for a call. Empty receives are not part of a job's costs. */
export function countQueueRequests({ operation, messageBytes: bytes, messages }: Call): number {
  if (/^SendMessage(Batch)?$/.test(operation)) return countBilledRequests(bytes);
  if (operation === 'ReceiveMessage') return messages === 0 ? 0 : countBilledRequests(bytes);
  return /^DeleteMessage(Batch)?$|^ChangeMessageVisibility$/.test(operation) ? 1 : 0;
}

interface ConsumedCapacity {
  readonly CapacityUnits?: number;
  readonly GlobalSecondaryIndexes?: Readonly<Record<string, { readonly CapacityUnits?: number }>>;
}

const NO_UNITS = { units: 0, indexUnits: 0 };

const WRITES = /^(Put|Update|Delete)Item$|^BatchWriteItem$|^TransactWriteItems$/;

export interface CountingProxy extends Listener {
  /** The calls since the array was last emptied. */
  readonly calls: Call[];
  /** Delays each answer by this many ms, so that calls that do not wait for each other overlap. */
  delayMs: number;
}

/** @param target address of the emulator */
export async function startCountingProxy(target: string): Promise<CountingProxy> {
  const counted = { calls: [] as Call[], delayMs: 0 };
  const around: CallHook = async (call, forward) => {
    const start = performance.now();
    const operation = readOperation(call);
    const dynamodb = String(call.headers['x-amz-target']).startsWith('DynamoDB');
    const input = JSON.parse(call.body.toString()) as Record<string, unknown>;
    const asked = JSON.stringify({ ...input, ReturnConsumedCapacity: 'INDEXES' });
    const answer = await forward(dynamodb ? { ...call, body: Buffer.from(asked) } : call);
    if (counted.delayMs > 0) await pause(counted.delayMs);
    const said = JSON.parse(answer.body.toString() || '{}') as Record<string, unknown>;
    const { units, indexUnits } = dynamodb ? readConsumedUnits(operation, answer.status, said) : NO_UNITS;
    counted.calls.push({
      operation,
      start,
      end: performance.now(),
      writeUnits: WRITES.test(operation) ? units : 0,
      indexUnits: WRITES.test(operation) ? indexUnits : 0,
      readUnits: WRITES.test(operation) ? 0 : units,
      messageBytes:
        countMessageBytes(input['Entries'], 'MessageBody') + countMessageBytes(said['Messages'], 'Body'),
      messages: Array.isArray(said['Messages']) ? said['Messages'].length : 0,
    });
    return answer;
  };
  // When a caller aborts a call, like a stopped long poll, the call at the emulator is aborted too.
  return Object.assign(counted, await forwardTo(target, { around, endWithCaller: true }));
}

/**
 * Reads the consumed units of an answer. A write with a failed condition names none, but is billed at least
 * one.
 */
function readConsumedUnits(
  operation: string,
  status: number,
  said: Readonly<Record<string, unknown>>,
): typeof NO_UNITS {
  if (status !== 200) return WRITES.test(operation) ? { units: 1, indexUnits: 0 } : NO_UNITS;
  const consumed = said['ConsumedCapacity'];
  const list = (Array.isArray(consumed) ? consumed : [consumed ?? {}]) as ConsumedCapacity[];
  const indexes = list.flatMap(({ GlobalSecondaryIndexes = {} }) => Object.values(GlobalSecondaryIndexes));
  return { units: sumUnits(list), indexUnits: sumUnits(indexes) };
}

function sumUnits(list: readonly { readonly CapacityUnits?: number }[]): number {
  return list.reduce((sum, { CapacityUnits = 0 }) => sum + CapacityUnits, 0);
}

function countMessageBytes(messages: unknown, body: string): number {
  if (!Array.isArray(messages)) return 0;
  return (messages as Record<string, unknown>[]).reduce(
    (sum, message) => sum + (typeof message[body] === 'string' ? Buffer.byteLength(message[body]) : 0),
    0,
  );
}
