/**
 * Checks every call of a function against its role, and forwards it to the emulator or refuses it as the
 * service would (ADR 18). The stack's own calls go to the emulator directly.
 */
import { STATUS_CODES } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { CREDENTIALS } from '../../kit/emulator.ts';
import { UsageError } from '../../kit/tool-errors.ts';
import { parseJson } from '../../kit/json.ts';
import { type Listener, listenOnLoopback } from '../../kit/loopback.ts';
import type { Access } from './access.ts';
import { type HttpCall, HttpCalls } from './http-calls.ts';
import type { ListNeeds } from './needs.ts';
import type { Refusal, Refusals } from './denied-answers.ts';

/** Reads the calls of one service, and refuses them in its form. */
export interface CheckedService {
  readonly listNeeds: ListNeeds;
  readonly refusals: Refusals;
}

export class CheckingProxy {
  readonly #listener: Listener;
  readonly #service: CheckedService;
  readonly #emulator: URL;
  #access: Access | undefined;

  private constructor(listener: Listener, service: CheckedService, emulator: URL) {
    this.#listener = listener;
    this.#service = service;
    this.#emulator = emulator;
  }

  /**
   * Listens on any free port. Until `applyPermissions` is called, it refuses every call.
   * @param emulator address of the emulator
   * @throws UsageError when it is not a plain HTTP address
   */
  static async open(service: CheckedService, emulator: string): Promise<CheckingProxy> {
    if (!URL.canParse(emulator) || new URL(emulator).protocol !== 'http:') {
      throw new UsageError(`the endpoint ${emulator}: expected an http:// address`);
    }
    const server = createServer({ noDelay: true });
    const proxy = new CheckingProxy(await listenOnLoopback(server), service, new URL(emulator));
    server.on('connection', (caller) => {
      proxy.#connectThrough(caller);
    });
    return proxy;
  }

  /** Its address, without a trailing slash. */
  get url(): string {
    return this.#listener.url;
  }

  /** Checks calls with these permissions from now on. */
  applyPermissions(access: Access): void {
    this.#access = access;
  }

  close(): Promise<void> {
    return this.#listener.close();
  }

  /**
   * Opens one connection to the emulator for each connection of a caller, so that answers pass unread and
   * each side notices when the other disconnects.
   */
  #connectThrough(caller: Socket): void {
    const { hostname, port } = this.#emulator;
    const emulator = connect({ host: hostname, port: Number(port || 80), noDelay: true });
    const calls = new HttpCalls();
    for (const [socket, other] of [
      [caller, emulator],
      [emulator, caller],
    ] as const) {
      // The event `close` follows every error and ends the other connection.
      socket.on('error', () => undefined);
      socket.on('close', () => {
        other.destroy();
      });
    }
    emulator.pipe(caller);
    caller.on('data', (bytes: Buffer) => {
      try {
        for (const call of calls.push(bytes)) this.#handle(call, caller, emulator);
      } catch {
        caller.destroy();
      }
    });
  }

  #handle(call: HttpCall, caller: Socket, emulator: Socket): void {
    const refusal = this.#check(call);
    if (refusal === undefined) {
      // DynamoDB Local has separate tables for each access key. No emulator checks the signature.
      emulator.write(call.makeBytes(call.head.replace(CREDENTIAL, CREDENTIALS.accessKeyId)));
    } else {
      caller.write(formatAnswer(refusal));
    }
  }

  /** Returns the answer to a denied call; undefined for an allowed one. */
  #check(call: HttpCall): Refusal | undefined {
    const { listNeeds, refusals } = this.#service;
    const accessKey = CREDENTIAL.exec(call.headers.get('authorization') ?? '')?.[0] ?? '';
    const caller = this.#access?.findCaller(accessKey);
    if (this.#access === undefined || caller === undefined) return refusals.unknownCaller();
    const { permissions } = this.#access;
    const body = parseJson(call.body.toString());
    if (body === undefined) return refusals.malformed();
    const operation = call.headers.get('x-amz-target')?.split('.').at(-1) ?? '';
    const denied = listNeeds(operation, body).find(
      ({ action, resource }) => !permissions.allows(caller, action, resource),
    );
    return denied && refusals.accessDenied(permissions.explainDenial(caller, denied));
  }
}

/** Matches the access key in the header `Authorization`. */
const CREDENTIAL = /(?<=\bCredential=)[^/,\s]+/;

function formatAnswer({ status, headers, body }: Refusal): string {
  const lines = Object.entries({ ...headers, 'content-length': Buffer.byteLength(body) });
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    ...lines.map(([name, value]) => `${name}: ${value}`),
    '',
    body,
  ].join('\r\n');
}
