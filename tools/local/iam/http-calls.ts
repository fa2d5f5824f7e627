/**
 * Splits the bytes of a connection into unchanged HTTP/1.1 requests of AWS SDKs, which send one at a time and
 * always with the length of the body. This takes about half the CPU of a proxy made of an HTTP server and
 * client (ADR 18).
 */

const END_OF_HEAD = Buffer.from('\r\n\r\n');

/** The largest allowed request: SQS takes 1 MiB of messages, DynamoDB 16 MB. */
const MOST_BYTES = 17 * 1024 * 1024;

/** The bytes are not a request in the form that AWS SDKs send. */
export class UnreadableCallError extends Error {
  override readonly name = 'UnreadableCallError';
}

export class HttpCall {
  /** Request line and headers, without the empty line after them. */
  readonly head: string;
  /** Values by the header's name in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;

  constructor(head: string, headers: ReadonlyMap<string, string>, body: Buffer) {
    this.head = head;
    this.headers = headers;
    this.body = body;
  }

  /** Returns the bytes of the request with another head. */
  makeBytes(head: string): Buffer {
    return Buffer.concat([Buffer.from(head, 'latin1'), END_OF_HEAD, this.body]);
  }
}

/** Collects the bytes of one connection and returns its complete requests. */
export class HttpCalls {
  #pending: Buffer = Buffer.alloc(0);

  /**
   * Adds the next bytes.
   * @returns the requests that they complete
   * @throws UnreadableCallError; the connection cannot be used afterwards
   */
  push(bytes: Buffer): HttpCall[] {
    this.#pending = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes]);
    const calls: HttpCall[] = [];
    for (let call = this.#take(); call !== undefined; call = this.#take()) calls.push(call);
    if (this.#pending.length > MOST_BYTES) throw new UnreadableCallError('a request is too long');
    return calls;
  }

  #take(): HttpCall | undefined {
    const end = this.#pending.indexOf(END_OF_HEAD);
    if (end === -1) return undefined;
    const head = this.#pending.toString('latin1', 0, end);
    const headers = parseHeaders(head);
    const length = headers.get('content-length') ?? '';
    if (!/^\d+$/.test(length)) throw new UnreadableCallError('a request has no content-length');
    const start = end + END_OF_HEAD.length;
    const next = start + Number(length);
    if (this.#pending.length < next) return undefined;
    const body = this.#pending.subarray(start, next);
    this.#pending = this.#pending.subarray(next);
    return new HttpCall(head, headers, body);
  }
}

function parseHeaders(head: string): Map<string, string> {
  const lines = head.split('\r\n').slice(1);
  return new Map(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
}
