/** Tests the parser of JSON that people write: it agrees with JSON.parse, and says where a text is wrong. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { JsonTextError, parseJsonText } from '../../lib/json-text.ts';

function parseWithPlatform(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return SyntaxError;
  }
}

function parse(text: string): unknown {
  try {
    return parseJsonText(text);
  } catch (error) {
    if (error instanceof JsonTextError) return SyntaxError;
    throw error;
  }
}

test('it reads what JSON.stringify writes, with any white space', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom('', ' ', '\t', '\n'), (value, space) => {
      const text = JSON.stringify(value, null, space);
      expect(parseJsonText(text)).toEqual(JSON.parse(text));
    }),
  );
});

test('it refuses what JSON.parse refuses, and reads the rest like it', () => {
  const token = fc.constantFrom(
    ...Array.from('{}[],:" \\\n'),
    '"a"',
    '"b"',
    '1',
    '-',
    '0',
    '.5',
    'e2',
    'true',
    'null',
    '//',
    '\u0007',
  );
  fc.assert(
    fc.property(
      fc.array(token, { maxLength: 8 }).map((tokens) => tokens.join('')),
      (text) => {
        // One key twice is the difference, which the next test is about.
        fc.pre((text.match(/"a"/g)?.length ?? 0) < 2 && (text.match(/"b"/g)?.length ?? 0) < 2);
        expect(parse(text)).toEqual(parseWithPlatform(text));
      },
    ),
    { numRuns: 3_000 },
  );
});

describe('an error says where the text is wrong, and what was expected there', () => {
  test.each([
    ['', 'line 1, column 1: found the end of the text, expected a value'],
    ['{\n  "a": 1,\n}', 'line 3, column 1: found "}", expected a key in double quotes'],
    ['{\n  "a": 1\n  "b": 2\n}', 'line 3, column 3: found "b", expected "," or "}"'],
    ["{'a': 1}", `line 1, column 2: found "'", expected a key in double quotes`],
    ['{"a": yes}', 'line 1, column 7: found "yes", expected a value'],
    ['// mine\n{}', 'line 1, column 1: found "/", expected a value'],
    ['[1, 2', 'line 1, column 6: found the end of the text, expected "," or "]"'],
    ['{"a" 1}', 'line 1, column 6: found "1", expected ":"'],
    ['{} {}', 'line 1, column 4: found "{", expected the end of the text'],
    [
      '{\n "a": 1,\n "b": {"a": 2},\n "\\u0061": 3\n}',
      'line 4, column 2: found "\\u0061", expected no second key "\\u0061"',
    ],
  ])('%j', (text, message) => {
    expect(() => parseJsonText(text)).toThrow(new JsonTextError(message));
  });
});

test('a byte order mark is ignored', () => {
  expect(parseJsonText('\uFEFF{"a": 1}')).toEqual({ a: 1 });
});

test('the key __proto__ is a key like any other', () => {
  expect(Object.keys(parseJsonText('{"__proto__": {"a": 1}}') as object)).toEqual(['__proto__']);
});
