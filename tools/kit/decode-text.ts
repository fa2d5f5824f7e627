/** Decodes a file of text strictly, whatever program saved it, and refuses what is no text by what it is. */
import type { Readable } from 'node:stream';
import { DataFileError, UsageError } from './tool-errors.ts';

/** Bytes that are read before the first of them are looked at: enough for a file's first tag. */
const HEAD_BYTES = 1_024;

const SAVE_AS_CSV = 'save its sheet as "CSV UTF-8"';
const UNPACK = 'unpack it first';

/** First bytes of files that are no text: https://en.wikipedia.org/wiki/List_of_file_signatures */
const SIGNATURES: readonly (readonly [hex: string, what: string, advice: string])[] = [
  ['504b0304', 'an Excel workbook or another ZIP archive', SAVE_AS_CSV],
  ['504b0506', 'an empty ZIP archive', SAVE_AS_CSV],
  ['d0cf11e0a1b11ae1', 'an Excel workbook of an old version, or another Office document', SAVE_AS_CSV],
  ['25504446', 'a PDF document', 'export the data as CSV'],
  ['7b5c727466', 'an RTF document', 'save it as plain text'],
  ['1f8b', 'a gzip archive', UNPACK],
  ['425a68', 'a bzip2 archive', UNPACK],
  ['fd377a585a00', 'an xz archive', UNPACK],
  ['28b52ffd', 'a Zstandard archive', UNPACK],
  ['377abcaf271c', 'a 7-Zip archive', UNPACK],
  ['50415231', 'a Parquet file', 'export the data as CSV'],
];

type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be';

/**
 * Yields a text with LF as its only line end and without byte order mark. UTF-8 is the rule; UTF-16 is known
 * by its byte order mark, or by a zero in each of the first two characters, which no other text has.
 *
 * @param source of bytes; it is destroyed at the end
 * @param name of the text, for errors
 * @throws UsageError for what is empty or no text, DataFileError for bytes that are not of the encoding
 */
export async function* decodeText(source: Readable, name: string): AsyncGenerator<string> {
  const decoder = new TextChunks(name);
  let head: Buffer | undefined = Buffer.alloc(0);
  try {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      if (head === undefined) yield decoder.decode(chunk, false);
      else {
        head = Buffer.concat([head, chunk]);
        if (head.length < HEAD_BYTES) continue;
        yield decoder.start(head);
        head = undefined;
      }
    }
    if (head !== undefined) yield decoder.start(head);
    yield decoder.decode(Buffer.alloc(0), true);
  } finally {
    source.destroy();
  }
}

class TextChunks {
  readonly #name: string;
  #encoding: Encoding = 'utf-8';
  /** Bytes of a character whose others are in the next chunk. */
  #rest: Buffer = Buffer.alloc(0);
  /** A CR at the end of a chunk, which an LF may follow. */
  #heldReturn = '';
  /** Line ends before this chunk, and characters since the last of them. */
  #lines = 0;
  #column = 0;
  #blank = true;

  constructor(name: string) {
    this.#name = name;
  }

  /** Decodes the first bytes, at least `HEAD_BYTES` unless the text is shorter. */
  start(head: Buffer): string {
    const hex = head.subarray(0, 8).toString('hex');
    const signature = SIGNATURES.find(([first]) => hex.startsWith(first));
    if (signature !== undefined) throw this.#refuse(signature[1], signature[2]);
    this.#encoding = findEncoding(head);
    const text = this.decode(head, false).replace(/^\uFEFF+/, '');
    const tag = /^\s*<(!doctype html|html|head|body|table|meta|script|!--|\?xml|[a-z]+[ >])/i.exec(text)?.[1];
    if (tag !== undefined) {
      throw this.#refuse(/^\?xml/i.test(tag) ? 'XML' : 'a page of HTML', 'export the data as CSV');
    }
    return text;
  }

  decode(chunk: Buffer, last: boolean): string {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const whole = bytes.length - (last ? 0 : countIncomplete(bytes, this.#encoding));
    this.#rest = bytes.subarray(whole);
    const text = this.#heldReturn + this.#decodeWhole(bytes.subarray(0, whole));
    this.#heldReturn = !last && text.endsWith('\r') ? '\r' : '';
    const lines = text.slice(0, text.length - this.#heldReturn.length).replaceAll(/\r\n?/g, '\n');
    const zero = lines.indexOf('\0');
    if (zero >= 0) {
      throw this.#makeError(lines.slice(0, zero), 'found the character U+0000, expected text');
    }
    this.#lines += countLines(lines);
    const lastEnd = lines.lastIndexOf('\n');
    this.#column = lines.length - lastEnd - 1 + (lastEnd < 0 ? this.#column : 0);
    this.#blank &&= lines.trim() === '';
    if (last && this.#blank) {
      throw new UsageError(`${this.#name}: found nothing (it is empty), expected text`);
    }
    return lines;
  }

  #decodeWhole(bytes: Buffer): string {
    try {
      return makeDecoder(this.#encoding).decode(bytes);
    } catch {
      // One byte after the other, to find the first one that is wrong.
      const decoder = makeDecoder(this.#encoding);
      let before = '';
      try {
        for (const byte of bytes) before += decoder.decode(Uint8Array.of(byte), { stream: true });
      } catch {
        // It is the one after `before`.
      }
      const width = this.#encoding === 'utf-8' ? Buffer.byteLength(before) : 2 * before.length;
      const found = (bytes[width] ?? 0).toString(16).toUpperCase().padStart(2, '0');
      throw this.#makeError(
        this.#heldReturn + before,
        `found the byte 0x${found}, expected ${this.#encoding.toUpperCase()}: save the file as "CSV UTF-8"`,
      );
    }
  }

  /** @param before the text of this chunk up to the fault */
  #makeError(before: string, problem: string): DataFileError {
    const lines = before.split(/\r\n?|\n/);
    const column = (lines.at(-1)?.length ?? 0) + (lines.length === 1 ? this.#column : 0);
    return new DataFileError(this.#name, this.#lines + lines.length, `character ${column + 1}: ${problem}`);
  }

  #refuse(what: string, advice: string): UsageError {
    return new UsageError(`${this.#name}: found ${what}, expected text: ${advice}`);
  }
}

function makeDecoder(encoding: Encoding) {
  return new TextDecoder(encoding, { fatal: true, ignoreBOM: true });
}

/** The zeros are those by which RFC 4627, section 3, tells the encodings of JSON apart. */
function findEncoding([a, b, c, d]: Buffer): Encoding {
  if (a === 0xff && b === 0xfe) return 'utf-16le';
  if (a === 0xfe && b === 0xff) return 'utf-16be';
  if (a === 0 && b !== 0 && c === 0 && d !== 0) return 'utf-16be';
  return a !== 0 && b === 0 && c !== 0 && d === 0 ? 'utf-16le' : 'utf-8';
}

/** Counts the bytes at the end that begin a character and do not complete it. */
function countIncomplete(bytes: Buffer, encoding: Encoding): number {
  if (encoding !== 'utf-8') {
    const odd = bytes.length % 2;
    const high = bytes.at(encoding === 'utf-16le' ? -1 - odd : -2 - odd) ?? 0;
    // The first half of a surrogate pair.
    return high >= 0xd8 && high <= 0xdb ? odd + 2 : odd;
  }
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes.at(-back) ?? 0;
    if (byte >= 0x80 && byte < 0xc0) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
}

function countLines(text: string): number {
  let count = 0;
  for (let i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) count += 1;
  return count;
}
