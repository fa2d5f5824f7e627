/**
 * Stands between one caller and an emulator, and notes each call: when, what, and what it consumed. Of DynamoDB it asks
 * for the consumed capacity, which the functions themselves have no use for.
 */
import { once } from 'node:events';
import { Agent, type IncomingMessage, type ServerResponse, createServer, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
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

export class CountingProxy {
  /** Since it was last emptied. */
  readonly calls: Call[] = [];
  /** How long each answer is held back, ms: calls that do not wait for each other are then under way together. */
  delayMs = 0;
  readonly #target: string;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #server = createServer((incoming, outgoing) => {
    this.#handle(incoming, outgoing).catch(() => outgoing.destroy());
  });

  private constructor(target: string) {
    this.#target = target;
  }

  /** @param target address of the emulator */
  static async start(target: string): Promise<CountingProxy> {
    const proxy = new CountingProxy(target);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string')
      throw new Error('the proxy does not listen on a port');
    return `http://127.0.0.1:${address.port}`;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
    this.#agent.destroy();
  }

  async #handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const start = performance.now();
    const sent = await read(incoming);
    const [service = '', operation = ''] = String(incoming.headers['x-amz-target']).split('.');
    const dynamodb = service.startsWith('DynamoDB');
    const input = JSON.parse(sent.toString()) as Record<string, unknown>;
    const body = dynamodb ? Buffer.from(JSON.stringify({ ...input, ReturnConsumedCapacity: 'TOTAL' })) : sent;
    const { status, headers, answer } = await this.#forward(incoming, outgoing, body);
    if (this.delayMs > 0) await pause(this.delayMs);
    const said = JSON.parse(answer.toString() || '{}') as Record<string, unknown>;
    const units = dynamodb ? unitsOf(operation, status, said) : 0;
    this.calls.push({
      operation,
      start,
      end: performance.now(),
      writeUnits: WRITES.test(operation) ? units : 0,
      readUnits: WRITES.test(operation) ? 0 : units,
      messageBytes: messageBytes(input['Entries'], 'MessageBody') + messageBytes(said['Messages'], 'Body'),
      messages: Array.isArray(said['Messages']) ? said['Messages'].length : 0,
    });
    outgoing.writeHead(status, headers);
    outgoing.end(answer);
  }

  #forward(incoming: IncomingMessage, outgoing: ServerResponse, body: Buffer) {
    return new Promise<{ status: number; headers: IncomingMessage['headers']; answer: Buffer }>(
      (resolve, reject) => {
        const headers = { ...incoming.headers, 'content-length': String(body.length) };
        const { method } = incoming;
        const url = new URL(incoming.url ?? '/', this.#target);
        const call = request(url, { method, headers, agent: this.#agent }, (response) => {
          read(response).then((answer) => {
            resolve({ status: response.statusCode ?? 500, headers: response.headers, answer });
          }, reject);
        });
        call.on('error', reject);
        // A caller that gives up, as a long poll that is stopped, gives up at the emulator as well.
        outgoing.on('close', () => {
          if (!outgoing.writableEnded) call.destroy();
        });
        call.end(body);
      },
    );
  }
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

async function read(stream: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  return Buffer.concat(parts);
}
