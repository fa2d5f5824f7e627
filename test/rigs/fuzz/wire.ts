/** Sends HTTP requests as bytes, including requests that no library would send, and reads the answers. */
import { connect } from 'node:net';

export interface WireRequest {
  readonly method: string;
  /** The target in the request line; one character per byte. */
  readonly target: string;
  readonly version: string;
  /** One character per byte. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
  readonly framing: Framing;
  /** Bytes of the head to overwrite: place (modulo its length) and value. */
  readonly flips: readonly (readonly [place: number, byte: number])[];
}

/** How the request declares the length of its body: the last four ways are wrong. */
export type Framing = 'none' | 'length' | 'chunked' | 'longer' | 'shorter' | 'both' | 'bad chunk';

export interface WireAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** The connection ended without an answer, or none came in time. */
export type NoAnswer = 'closed' | 'silent';

const DEADLINE_MILLISECONDS = 60_000;

/** Time after which the sender of a broken request ends its side of the connection. */
const NO_MORE_MILLISECONDS = 1_000;

const CHUNK = 64 * 1024;

export function encodeRequest(request: WireRequest): Buffer {
  const { method, target, version, headers, body, framing, flips } = request;
  const framed = [...headers, ...makeLengthHeaders(framing, body.length)];
  const lines = [`${method} ${target} ${version}`, ...framed.map(([name, value]) => `${name}: ${value}`)];
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  for (const [place, byte] of flips) head[place % head.length] = byte;
  return Buffer.concat([head, ...makeBodyParts(framing, body)]);
}

function makeLengthHeaders(framing: Framing, length: number): [string, string][] {
  switch (framing) {
    case 'none':
      return [];
    case 'length':
      return [['content-length', String(length)]];
    case 'longer':
      return [['content-length', String(length + 7)]];
    case 'shorter':
      return [['content-length', String(Math.floor(length / 2))]];
    case 'both':
      return [
        ['content-length', String(length)],
        ['transfer-encoding', 'chunked'],
      ];
    case 'chunked':
    case 'bad chunk':
      return [['transfer-encoding', 'chunked']];
  }
}

function makeBodyParts(framing: Framing, body: Buffer): Buffer[] {
  if (framing === 'bad chunk') return [Buffer.from('zz\r\n'), body];
  if (framing !== 'chunked' && framing !== 'both') return [body];
  const parts: Buffer[] = [];
  for (let at = 0; at < body.length; at += CHUNK) {
    const part = body.subarray(at, at + CHUNK);
    parts.push(Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n'));
  }
  return [...parts, Buffer.from('0\r\n\r\n')];
}

/**
 * Sends a request on a connection of its own and waits for its answer. Never rejects.
 *
 * @param broken whether the server may wait for more bytes: the sender then ends its side of the connection
 */
export function send(port: number, request: WireRequest, broken: boolean): Promise<WireAnswer | NoAnswer> {
  return new Promise((resolve) => {
    const received: Buffer[] = [];
    let length = 0;
    let needed = 0;
    const socket = connect(port, '127.0.0.1', () => socket.write(encodeRequest(request)));
    const end = (outcome: WireAnswer | NoAnswer) => {
      clearTimeout(silenceTimer);
      clearTimeout(endTimer);
      socket.destroy();
      resolve(outcome);
    };
    const silenceTimer = setTimeout(() => {
      end('silent');
    }, DEADLINE_MILLISECONDS);
    const endTimer = setTimeout(() => {
      if (broken) socket.end();
    }, NO_MORE_MILLISECONDS);
    socket.on('data', (data) => {
      received.push(data);
      length += data.length;
      if (length < needed) return;
      const read = readAnswer(Buffer.concat(received), request.method === 'HEAD');
      if (typeof read === 'number') needed = read;
      else end(read);
    });
    // The server may close the connection during sending; an answer that it sent before still counts.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      end('closed');
    });
  });
}

/** @returns the answer, or the least number of bytes that are needed to read on */
function readAnswer(bytes: Buffer, headOnly: boolean): WireAnswer | number {
  const blank = bytes.indexOf('\r\n\r\n');
  if (blank < 0) return bytes.length + 1;
  const [statusLine = '', ...lines] = bytes.subarray(0, blank).toString('latin1').split('\r\n');
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(statusLine)?.[1] ?? 0);
  const rest = bytes.subarray(blank + 4);
  // `100 Continue` comes before the answer.
  if (status === 100) {
    const read = readAnswer(rest, headOnly);
    return typeof read === 'number' ? blank + 4 + read : read;
  }
  const headers = new Map(
    lines.map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  const size = headOnly ? 0 : Number(headers.get('content-length') ?? 0);
  if (rest.length < size) return blank + 4 + size;
  return { status, headers, body: rest.subarray(0, size).toString('utf8') };
}
