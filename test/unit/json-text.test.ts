/** Tests that a text that is not JSON is told by its first fault, and that fields are counted. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { describePosition, scanJson } from '../../src/http/json-text.ts';
import { JSON_CASES } from '../support/cases/json-cases.ts';
import { makePropertySettings } from '../support/properties.ts';

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const findFault = (text: string) => scanJson(text, 'a').faultAt;

describe('the fault of a text', () => {
  // ^ stands before the character that cannot be there.
  test.each([
    '^',
    ' ^',
    '{^',
    '{"a"^}',
    '{"a":^}',
    '{"a":1^',
    '{"a":1,^}',
    '{"a":1 ^"b":2}',
    '{^a:1}',
    "{^'a':1}",
    '[1,^]',
    '[1^ 2]'.replace('^ ', ' ^'),
    '[^,1]',
    '[1^}',
    '{"a":1^]',
    '[^tru]',
    '[^TRUE]',
    '[^NaN]',
    '[^.5]',
    '[^+1]',
    '[0^1]',
    '[1^.]',
    '[1^e]',
    '[^-]',
    '["^\t"]',
    '["^\\x"]',
    '["^\\u12g4"]',
    '["abc^',
    '{"a^',
    '{} ^{}',
    '[]^]',
    '^/**/{}',
    '^\u00a0{}',
  ])('%j', (marked) => {
    expect(findFault(marked.replace('^', ''))).toBe(marked.indexOf('^'));
    expect(isJson(marked.replace('^', ''))).toBe(false);
  });

  test('is found exactly if it is not JSON: the cases of JSONTestSuite', () => {
    for (const { name, bytes } of JSON_CASES) {
      const text = bytes.toString();
      expect({ name, json: findFault(text) === undefined }).toEqual({ name, json: isJson(text) });
    }
  });

  test('is found exactly if it is not JSON, and not before the place of a change: texts with a change', () => {
    const pieces = fc.constantFrom(
      '',
      '"',
      '\\',
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '0',
      '-',
      '.',
      'e',
      ' ',
      '\u0001',
      'x',
    );
    fc.assert(
      fc.property(fc.json(), fc.nat(), fc.nat(3), pieces, (text, at, cut, put) => {
        const place = at % (text.length + 1);
        const changed = text.slice(0, place) + put + text.slice(place + cut);
        const fault = findFault(changed);
        expect({ changed, json: fault === undefined }).toEqual({ changed, json: isJson(changed) });
        // A word or a number may be faulty from its start on, and an escape from its backslash on.
        const start = place - (/[\w.+\-\\]*$/.exec(text.slice(0, place))?.[0].length ?? 0);
        if (fault !== undefined) expect(fault).toBeGreaterThanOrEqual(start);
      }),
      makePropertySettings(2_000),
    );
  });

  test('is found in texts of millions of characters, and at any depth', () => {
    const million = 1_000_000;
    expect(findFault('['.repeat(million))).toBe(million);
    expect(findFault('{"a":'.repeat(million))).toBe(5 * million);
    expect(findFault(`"${'a'.repeat(5 * million)}`)).toBe(5 * million + 1);
    expect(findFault(`"${'\\n'.repeat(million)}`)).toBe(2 * million + 1);
    expect(findFault(`${'1'.repeat(5 * million)}x`)).toBe(5 * million);
    expect(findFault(`[${'"",'.repeat(million)}]`)).toBe(3 * million + 1);
  });
});

test('a field is counted in the outermost object alone, however it is written', () => {
  const count = (text: string) => scanJson(text, 'a').count;
  expect(count('{}')).toBe(0);
  expect(count('{"b":{"a":1},"a":[{"a":1}],"c":"a"}')).toBe(1);
  expect(count('{"a":1,"\\u0061":2,"A":3,"a ":4,"a":5}')).toBe(3);
  expect(count('[{"a":1,"a":2}]')).toBe(0);
  expect(scanJson('{"__proto__":1,"__proto__":2}', '__proto__').count).toBe(2);
});

test('a position is told with its line and column', () => {
  expect(describePosition('', 0)).toBe('position 0 (line 1, column 1)');
  expect(describePosition('{\r\n  "a": x', 10)).toBe('position 10 (line 2, column 8)');
});
