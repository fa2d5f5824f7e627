/** A daemon for trace segments: keeps what functions send to it. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { Writable } from 'node:stream';

/** A segment document, as far as tests look at it. */
export interface SegmentDocument {
  readonly name: string;
  readonly id: string;
  readonly trace_id: string;
  readonly parent_id?: string;
  readonly start_time: number;
  readonly end_time: number;
  readonly error?: boolean;
  readonly fault?: boolean;
  readonly http?: unknown;
  readonly annotations: Readonly<Record<string, unknown>>;
  readonly subsegments: readonly Readonly<Record<string, unknown>>[];
}

export class XrayDaemon {
  readonly datagrams: string[] = [];
  readonly #socket: Socket;
  readonly #arrivals = new Set<() => void>();

  private constructor(socket: Socket, copy: Writable | undefined) {
    this.#socket = socket;
    socket.on('message', (message) => {
      copy?.write(`${message.toString().split('\n')[1] ?? ''}\n`);
      this.datagrams.push(message.toString());
      for (const look of this.#arrivals) look();
    });
  }

  /** @param copy gets each document as a line */
  static async listen(copy?: Writable): Promise<XrayDaemon> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new XrayDaemon(socket, copy);
  }

  /** As in AWS_XRAY_DAEMON_ADDRESS. */
  get address(): string {
    return `127.0.0.1:${this.#socket.address().port}`;
  }

  /** What has arrived so far. */
  get segments(): SegmentDocument[] {
    return this.datagrams.map((datagram) => {
      const [header = '', document = ''] = datagram.split('\n');
      if (header !== '{"format": "json", "version": 1}') throw new Error(`not for the daemon: ${header}`);
      return JSON.parse(document) as SegmentDocument;
    });
  }

  /** Waits for the first segments for which `wanted` holds, so many of them. */
  async received(count: number, wanted: (segment: SegmentDocument) => boolean): Promise<SegmentDocument[]> {
    const arrived = Promise.withResolvers<SegmentDocument[]>();
    const look = () => {
      const found = this.segments.filter(wanted);
      if (found.length >= count) arrived.resolve(found);
    };
    this.#arrivals.add(look);
    look();
    const found = await arrived.promise;
    this.#arrivals.delete(look);
    return found;
  }

  close(): void {
    this.#socket.close();
  }
}
