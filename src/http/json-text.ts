/**
 * Finds what `JSON.parse` does not tell about a text: where it stops being JSON, and how often a field stands
 * in it. This is code of our own because create-job has to start fast: jsonc-parser would add 9.5 kB to its
 * bundle, and it overflows the stack on deeply nested texts.
 */

const SPACE = /[ \t\n\r]*/y;
const WORD = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
// eslint-disable-next-line no-control-regex -- JSON allows control characters only as escapes
const CHARACTERS = /[^"\\\u0000-\u001f]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

type Expected = 'value' | 'first item' | 'name' | 'first name' | 'end of value';

export interface JsonScan {
  /** How often the outermost object has the field. */
  readonly count: number;
  /** The first position at which the text is not JSON, from 0. Undefined: it is JSON. */
  readonly faultAt: number | undefined;
}

/** Reads a text by the grammar of https://datatracker.ietf.org/doc/html/rfc8259#section-2 */
export function scanJson(text: string, field: string): JsonScan {
  let at = 0;
  let count = 0;
  /** The closing bracket of each object and array that is open. */
  const closers: string[] = [];
  let expected = 'value' as Expected;

  /** Skips what matches, and returns whether anything did. */
  const skip = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    const matches = pattern.test(text);
    if (matches) at = pattern.lastIndex;
    return matches;
  };
  /** Skips a text in quotes. Otherwise `at` is the position of the fault. */
  const skipQuoted = (): boolean => {
    at += 1;
    while (skip(CHARACTERS) && text[at] !== '"') if (!skip(ESCAPE)) return false;
    at += 1;
    return true;
  };
  const open = (closer: string, first: Expected): void => {
    at += 1;
    closers.push(closer);
    expected = first;
  };
  const close = (): void => {
    at += 1;
    closers.pop();
    expected = 'end of value';
  };

  for (;;) {
    skip(SPACE);
    const character = text[at];
    if (expected === 'end of value') {
      const closer = closers.at(-1);
      if (closer === undefined) return { count, faultAt: at < text.length ? at : undefined };
      if (character === closer) {
        close();
      } else {
        if (character !== ',') break;
        at += 1;
        expected = closer === '}' ? 'name' : 'value';
      }
    } else if (expected === 'name' || expected === 'first name') {
      if (character === '}' && expected === 'first name') {
        close();
        continue;
      }
      const start = at;
      if (character !== '"' || !skipQuoted()) break;
      if (closers.length === 1 && JSON.parse(text.slice(start, at)) === field) count += 1;
      skip(SPACE);
      if (text[at] !== ':') break;
      at += 1;
      expected = 'value';
    } else if (character === ']' && expected === 'first item') close();
    else if (character === '{') open('}', 'first name');
    else if (character === '[') open(']', 'first item');
    else if (character === '"' ? skipQuoted() : skip(WORD)) expected = 'end of value';
    else break;
  }
  return { count, faultAt: at };
}

/** Describes a position as JSON.parse does where it gives one: `position 12 (line 2, column 3)`. */
export function describePosition(text: string, position: number): string {
  const lines = text.slice(0, position).split('\n');
  return `position ${position} (line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1})`;
}
