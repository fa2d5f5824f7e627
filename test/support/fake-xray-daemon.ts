/** A fake X-Ray daemon, which keeps the segments that functions send to it. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { Writable } from 'node:stream';

/** The fields of a segment document that tests read. A subsegment may come with its segment or by itself. */
export interface SegmentDocument {
  readonly name: string;
  readonly type?: 'subsegment';
  readonly id: string;
  readonly trace_id: string;
  readonly parent_id?: string;
  readonly start_time: number;
  readonly end_time: number;
  readonly error?: boolean;
  readonly fault?: boolean;
  readonly http?: unknown;
  readonly annotations?: Readonly<Record<string, unknown>>;
  readonly subsegments?: readonly Readonly<Record<string, unknown>>[];
}

export class FakeXrayDaemon {
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

  /**
   * Starts a daemon on a free port.
   * @param copy receives each document as a line
   */
  static async listen(copy?: Writable): Promise<FakeXrayDaemon> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new FakeXrayDaemon(socket, copy);
  }

  /** The address in the form of AWS_XRAY_DAEMON_ADDRESS. */
  get address(): string {
    return `127.0.0.1:${this.#socket.address().port}`;
  }

  /**
   * The segments that have arrived so far.
   * @throws Error if a datagram does not have the header that the daemon expects
   */
  get segments(): SegmentDocument[] {
    return this.datagrams.map((datagram) => {
      const [header = '', document = ''] = datagram.split('\n');
      if (header !== '{"format":"json","version":1}') throw new Error(`not for the daemon: ${header}`);
      return JSON.parse(document) as SegmentDocument;
    });
  }

  /** Waits until at least `count` segments are `wanted`, and returns those. */
  async waitForSegments(
    count: number,
    wanted: (segment: SegmentDocument) => boolean,
  ): Promise<SegmentDocument[]> {
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
