/**
 * Parses JSON text that people write. Unlike JSON.parse it says in which line and column the text is wrong,
 * and it refuses a key that stands twice in an object, of which JSON.parse takes the last without a word.
 */

/** The text is not JSON. The message has line and column, both from 1. */
export class JsonTextError extends Error {
  override readonly name = 'JsonTextError';
}

const SPACE = /[ \t\r\n]*/y;
// eslint-disable-next-line no-control-regex -- a text of JSON must not have control characters
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\dA-Fa-f]{4}))*"/y;
const SCALAR = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)/y;

/**
 * Parses JSON text (RFC 8259). A byte order mark, which some editors write, is ignored.
 * @throws JsonTextError
 */
export function parseJsonText(text: string): unknown {
  return new JsonReader(text.replace(/^\uFEFF/, '')).readAll();
}

class JsonReader {
  readonly #text: string;
  #position = 0;

  constructor(text: string) {
    this.#text = text;
  }

  readAll(): unknown {
    const value = this.#readValue();
    this.#skipSpace();
    if (this.#position < this.#text.length) throw this.#makeError('the end of the text');
    return value;
  }

  #readValue(): unknown {
    if (this.#takeMark('{')) return Object.fromEntries(this.#readMembers());
    if (this.#takeMark('[')) return this.#readElements();
    const scalar = this.#take(STRING) ?? this.#take(SCALAR);
    if (scalar === undefined) throw this.#makeError('a value');
    return JSON.parse(scalar);
  }

  #readMembers(): Map<string, unknown> {
    const members = new Map<string, unknown>();
    if (this.#takeMark('}')) return members;
    do {
      this.#skipSpace();
      const start = this.#position;
      const quoted = this.#take(STRING);
      if (quoted === undefined) throw this.#makeError('a key in double quotes');
      const key = String(JSON.parse(quoted));
      if (members.has(key)) throw this.#makeError(`no second key ${quoted}`, start);
      if (!this.#takeMark(':')) throw this.#makeError('":"');
      members.set(key, this.#readValue());
    } while (this.#takeMark(','));
    if (!this.#takeMark('}')) throw this.#makeError('"," or "}"');
    return members;
  }

  #readElements(): unknown[] {
    const elements: unknown[] = [];
    if (this.#takeMark(']')) return elements;
    do elements.push(this.#readValue());
    while (this.#takeMark(','));
    if (!this.#takeMark(']')) throw this.#makeError('"," or "]"');
    return elements;
  }

  /** Takes the next token if it matches; else the position stays before it. */
  #take(token: RegExp): string | undefined {
    this.#skipSpace();
    token.lastIndex = this.#position;
    const found = token.exec(this.#text)?.[0];
    this.#position += found?.length ?? 0;
    return found;
  }

  #takeMark(mark: string): boolean {
    this.#skipSpace();
    if (this.#text[this.#position] !== mark) return false;
    this.#position += 1;
    return true;
  }

  #skipSpace(): void {
    SPACE.lastIndex = this.#position;
    this.#position += SPACE.exec(this.#text)?.[0].length ?? 0;
  }

  #makeError(expected: string, position = this.#position): JsonTextError {
    const lines = this.#text.slice(0, position).split('\n');
    const column = (lines.at(-1)?.length ?? 0) + 1;
    const next = /^(?:"[^"\n]*"?|[\w.+-]+|[^])/u.exec(this.#text.slice(position))?.[0];
    const found = next === undefined ? 'the end of the text' : formatFound(next);
    return new JsonTextError(`line ${lines.length}, column ${column}: found ${found}, expected ${expected}`);
  }
}

/** Formats the token that was found: a key or text as it stands, anything else in quotes. */
function formatFound(token: string): string {
  const start = token.slice(0, 40);
  return start.startsWith('"') && start.endsWith('"') && start.length > 1 ? start : JSON.stringify(start);
}
