/**
 * Cuts what comes in over a connection into HTTP/1.1 requests, and touches nothing in them. For the calls of
 * AWS SDKs only: one at a time on a connection, each with the length of its body. Passing them on as they are
 * costs a fraction of what an HTTP server with a client behind it does, which every call of a function would
 * pay.
 */

const END_OF_HEAD = Buffer.from('\r\n\r\n');

/** SQS takes 1 MiB of messages, DynamoDB 16 MB. */
const MOST_BYTES = 17 * 1024 * 1024;

/** A request that is not as an AWS SDK writes it. */
export class UnreadableCallError extends Error {
  override readonly name = 'UnreadableCallError';
}

export class HttpCall {
  /** Request line and headers, without the empty line at their end. */
  readonly head: string;
  /** By their names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;

  constructor(head: string, headers: ReadonlyMap<string, string>, body: Buffer) {
    this.head = head;
    this.headers = headers;
    this.body = body;
  }

  /** The bytes of the request with another head. */
  bytes(head: string): Buffer {
    return Buffer.concat([Buffer.from(head, 'latin1'), END_OF_HEAD, this.body]);
  }
}

/** The requests of one connection, as they become complete. */
export class HttpCalls {
  private pending: Buffer = Buffer.alloc(0);

  /**
   * Takes the next bytes in.
   * @returns the requests that they complete
   * @throws UnreadableCallError, after which the connection is of no use
   */
  push(bytes: Buffer): HttpCall[] {
    this.pending = this.pending.length === 0 ? bytes : Buffer.concat([this.pending, bytes]);
    const calls: HttpCall[] = [];
    for (let call = this.take(); call !== undefined; call = this.take()) calls.push(call);
    if (this.pending.length > MOST_BYTES) throw new UnreadableCallError('a request is too long');
    return calls;
  }

  private take(): HttpCall | undefined {
    const end = this.pending.indexOf(END_OF_HEAD);
    if (end === -1) return undefined;
    const head = this.pending.toString('latin1', 0, end);
    const headers = headersOf(head);
    const length = headers.get('content-length') ?? '';
    if (!/^\d+$/.test(length)) throw new UnreadableCallError('a request does not say how long it is');
    const start = end + END_OF_HEAD.length;
    const next = start + Number(length);
    if (this.pending.length < next) return undefined;
    const body = this.pending.subarray(start, next);
    this.pending = this.pending.subarray(next);
    return new HttpCall(head, headers, body);
  }
}

function headersOf(head: string): Map<string, string> {
  const lines = head.split('\r\n').slice(1);
  return new Map(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
}
