/** Passes on TCP connections, and breaks those that a test calls idle for too long. */
import { createServer, connect, type Socket } from 'node:net';
import { urlToHttpOptions } from 'node:url';
import { type Listener, listenOnLoopback } from '../../../tools/kit/loopback.ts';

export class Relay implements AsyncDisposable {
  readonly #listener: Listener;
  readonly #open: Set<Socket>;
  readonly #expired = new WeakSet<Socket>();

  static async start(target: string): Promise<Relay> {
    const { hostname, port } = urlToHttpOptions(new URL(target));
    const open = new Set<Socket>();
    const relay: { current?: Relay } = {};
    const server = createServer((near) => {
      const far = connect(Number(port), hostname ?? '');
      open.add(near);
      const isExpired = () => relay.current?.isExpired(near) === true;
      near.on('data', (data) => {
        if (isExpired()) near.resetAndDestroy();
        else far.write(data);
      });
      far.on('data', (data) => near.write(data));
      near.on('close', () => {
        open.delete(near);
        far.destroy();
      });
      // A gateway that forgot a connection passes nothing on, so the close of the far end stays unseen.
      far.on('close', () => {
        if (!isExpired()) near.destroy();
      });
      near.on('error', () => far.destroy());
      far.on('error', () => near.destroy());
    });
    relay.current = new Relay(await listenOnLoopback(server), open);
    return relay.current;
  }

  private constructor(listener: Listener, open: Set<Socket>) {
    this.#listener = listener;
    this.#open = open;
  }

  get url(): string {
    return this.#listener.url;
  }

  isExpired(socket: Socket): boolean {
    return this.#expired.has(socket);
  }

  /**
   * Forgets the open connections: each is reset when it is used again, and nothing shows it before that. A
   * NAT gateway does so after 350 seconds:
   * https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-troubleshooting.html
   *
   * @returns their number
   */
  forgetConnections(): number {
    for (const socket of this.#open) this.#expired.add(socket);
    return this.#open.size;
  }

  /** Closes the open connections, as a server does with idle ones. @returns their number */
  closeConnections(): number {
    const sockets = [...this.#open];
    for (const socket of sockets) socket.destroy();
    return sockets.length;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#listener.close();
  }
}
