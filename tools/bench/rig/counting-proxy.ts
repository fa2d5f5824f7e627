/**
 * Stands between one caller and an emulator, and notes each call: when, what, and what it consumed. Of
 * DynamoDB it asks for the consumed capacity, which the functions themselves have no use for.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { type Around, forwardTo, operationOf } from '../../kit/forwarding.ts';
import type { Listener } from '../../kit/loopback.ts';
import type { Interval } from '../chain.ts';
import { billedRequests } from '../dollars.ts';

export interface Call extends Interval {
  readonly operation: string;
  readonly writeUnits: number;
  readonly readUnits: number;
  /** What SQS bills by: the bodies of the messages that are sent or received. */
  readonly messageBytes: number;
  /** Messages that a receive brought. */
  readonly messages: number;
}

/** Requests that SQS bills for a call. A receive that brings nothing is what stands still costs, not what a job costs. */
export function queueRequests({ operation, messageBytes: bytes, messages }: Call): number {
  if (/^SendMessage(Batch)?$/.test(operation)) return billedRequests(bytes);
  if (operation === 'ReceiveMessage') return messages === 0 ? 0 : billedRequests(bytes);
  return /^DeleteMessage(Batch)?$|^ChangeMessageVisibility$/.test(operation) ? 1 : 0;
}

interface Consumed {
  readonly CapacityUnits?: number;
}

const WRITES = /^(Put|Update|Delete)Item$|^BatchWriteItem$|^TransactWriteItems$/;

export interface CountingProxy extends Listener {
  /** Since it was last emptied. */
  readonly calls: Call[];
  /** How long each answer is held back, ms: calls that do not wait for each other are then under way together. */
  delayMs: number;
}

/** @param target address of the emulator */
export async function startCountingProxy(target: string): Promise<CountingProxy> {
  const counted = { calls: [] as Call[], delayMs: 0 };
  const around: Around = async (call, forward) => {
    const start = performance.now();
    const operation = operationOf(call);
    const dynamodb = String(call.headers['x-amz-target']).startsWith('DynamoDB');
    const input = JSON.parse(call.body.toString()) as Record<string, unknown>;
    const asked = JSON.stringify({ ...input, ReturnConsumedCapacity: 'TOTAL' });
    const answer = await forward(dynamodb ? { ...call, body: Buffer.from(asked) } : call);
    if (counted.delayMs > 0) await pause(counted.delayMs);
    const said = JSON.parse(answer.body.toString() || '{}') as Record<string, unknown>;
    const units = dynamodb ? unitsOf(operation, answer.status, said) : 0;
    counted.calls.push({
      operation,
      start,
      end: performance.now(),
      writeUnits: WRITES.test(operation) ? units : 0,
      readUnits: WRITES.test(operation) ? 0 : units,
      messageBytes: messageBytes(input['Entries'], 'MessageBody') + messageBytes(said['Messages'], 'Body'),
      messages: Array.isArray(said['Messages']) ? said['Messages'].length : 0,
    });
    return answer;
  };
  // A caller that gives up, like a long poll that is stopped, gives up at the emulator as well.
  return Object.assign(counted, await forwardTo(target, { around, endWithCaller: true }));
}

/** A write that was refused for its condition is billed as well, and its answer names no units: at least one. */
function unitsOf(operation: string, status: number, said: Readonly<Record<string, unknown>>): number {
  if (status !== 200) return WRITES.test(operation) ? 1 : 0;
  const consumed = said['ConsumedCapacity'];
  const list = (Array.isArray(consumed) ? consumed : [consumed ?? {}]) as Consumed[];
  return list.reduce((sum, { CapacityUnits = 0 }) => sum + CapacityUnits, 0);
}

function messageBytes(messages: unknown, body: string): number {
  if (!Array.isArray(messages)) return 0;
  return (messages as Record<string, unknown>[]).reduce(
    (sum, message) => sum + (typeof message[body] === 'string' ? Buffer.byteLength(message[body]) : 0),
    0,
  );
}
