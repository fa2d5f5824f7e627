/**
 * The door to an emulator: every call of a function comes through it, is checked against the function's role,
 * and goes on to the emulator or is refused as the service would. The stack's own calls go to the emulator
 * directly.
 */
import { STATUS_CODES } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { CREDENTIALS } from '../../kit/emulator.ts';
import { UsageError } from '../../kit/errors.ts';
import { parseJson } from '../../kit/json.ts';
import { type Listener, listenOnLoopback } from '../../kit/loopback.ts';
import type { Access } from './access.ts';
import { type HttpCall, HttpCalls } from './http-calls.ts';
import type { NeedsOf } from './needs.ts';
import type { Refusal, Refusals } from './refusals.ts';

/** How to understand the calls of a service, and how to refuse them. */
export interface Service {
  readonly needsOf: NeedsOf;
  readonly refusals: Refusals;
}

export class Door {
  private readonly listener: Listener;
  private readonly service: Service;
  private readonly emulator: URL;
  private access: Access | undefined;

  private constructor(listener: Listener, service: Service, emulator: URL) {
    this.listener = listener;
    this.service = service;
    this.emulator = emulator;
  }

  /**
   * Listens on any free port. Until `guard`, nobody gets in.
   * @param emulator address of the emulator behind it
   * @throws UsageError when that is no plain HTTP
   */
  static async open(service: Service, emulator: string): Promise<Door> {
    if (!URL.canParse(emulator) || new URL(emulator).protocol !== 'http:') {
      throw new UsageError(`the endpoint ${emulator}: expected an http:// address`);
    }
    const server = createServer({ noDelay: true });
    const door = new Door(await listenOnLoopback(server), service, new URL(emulator));
    server.on('connection', (caller) => {
      door.connectThrough(caller);
    });
    return door;
  }

  /** Its address, without a slash at its end. */
  get url(): string {
    return this.listener.url;
  }

  /** Lets calls in by these permissions from now on. */
  guard(access: Access): void {
    this.access = access;
  }

  close(): Promise<void> {
    return this.listener.close();
  }

  /**
   * One connection behind the door for each before it, so that answers need not be looked at, and both sides
   * see of each other what they would without a door: that the other has gone, too.
   */
  private connectThrough(caller: Socket): void {
    const { hostname, port } = this.emulator;
    const emulator = connect({ host: hostname, port: Number(port || 80), noDelay: true });
    const calls = new HttpCalls();
    for (const [socket, other] of [
      [caller, emulator],
      [emulator, caller],
    ] as const) {
      // Every error is followed by the end of the connection.
      socket.on('error', () => undefined);
      socket.on('close', () => {
        other.destroy();
      });
    }
    emulator.pipe(caller);
    caller.on('data', (bytes: Buffer) => {
      try {
        for (const call of calls.push(bytes)) this.handle(call, caller, emulator);
      } catch {
        caller.destroy();
      }
    });
  }

  private handle(call: HttpCall, caller: Socket, emulator: Socket): void {
    const refusal = this.check(call);
    if (refusal === undefined) {
      // Amazon's DynamoDB Local keeps the tables of each access key apart. No emulator checks the signature.
      emulator.write(call.bytes(call.head.replace(CREDENTIAL, CREDENTIALS.accessKeyId)));
    } else {
      caller.write(answerOf(refusal));
    }
  }

  /** The answer to a call that must not go on. */
  private check(call: HttpCall): Refusal | undefined {
    const { needsOf, refusals } = this.service;
    const accessKey = CREDENTIAL.exec(call.headers.get('authorization') ?? '')?.[0] ?? '';
    const caller = this.access?.caller(accessKey);
    if (this.access === undefined || caller === undefined) return refusals.unknownCaller();
    const { permissions } = this.access;
    const body = parseJson(call.body.toString());
    if (body === undefined) return refusals.malformed();
    const operation = call.headers.get('x-amz-target')?.split('.').at(-1) ?? '';
    const denied = needsOf(operation, body).find(
      ({ action, resource }) => !permissions.allows(caller, action, resource),
    );
    return denied && refusals.accessDenied(permissions.reason(caller, denied));
  }
}

/** The access key in the header `Authorization`. */
const CREDENTIAL = /(?<=\bCredential=)[^/,\s]+/;

function answerOf({ status, headers, body }: Refusal): string {
  const lines = Object.entries({ ...headers, 'content-length': Buffer.byteLength(body) });
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    ...lines.map(([name, value]) => `${name}: ${value}`),
    '',
    body,
  ].join('\r\n');
}
