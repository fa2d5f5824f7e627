/**
 * Tests with the cases of JSONTestSuite, and with deep nesting, every parser of JSON that reads what others
 * wrote: each says what is wrong, and none breaks. test/e2e/json.cases.ts sends the cases to the API.
 */
import { Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { UnexpectedAnswerError, InputError } from '../../client/client-errors.ts';
import { readIds } from '../../client/cli/read-ids.ts';
import { readError, readJob } from '../../client/read-answers.ts';
import { decodeMessage } from '../../src/adapters/sqs/work-message.ts';
import { UnparsableMessageError } from '../../src/domain/errors.ts';
import { parseLine } from '../../tools/import/records.ts';
import { findDoubledMember, parseJson, parseObject } from '../../tools/kit/json.ts';
import { DataFileError } from '../../tools/kit/tool-errors.ts';
import { JSON_CASES, type JsonCase } from '../support/cases/json-cases.ts';

const NOW = '2026-11-27T12:00:00.000Z';

/** Longest message, in characters. */
const LONGEST = 2_000;

/** JSON that is nested as deep as a line of a file allows, and deeper than the stack of calls. */
const DEEP: readonly JsonCase[] = Object.entries({
  'arrays, 49,000 deep': '['.repeat(49_000) + ']'.repeat(49_000),
  'objects, 16,000 deep': '{"a":'.repeat(16_000) + '1' + '}'.repeat(16_000),
  'arrays in a field, 49,000 deep': `{"target_group_id":${'['.repeat(49_000) + ']'.repeat(49_000)}}`,
  'arrays in a type, 49,000 deep': `{"type":${'['.repeat(49_000) + ']'.repeat(49_000)}}`,
}).map(([name, text]) => ({ name, bytes: Buffer.from(text), verdict: 'refused' }));

const CASES = [...JSON_CASES, ...DEEP].map((each) => ({ ...each, text: each.bytes.toString() }));

/** Returns the error of a function. */
function catchError(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}

/** Checks the class of an error, and that its message is one that fits on a screen. */
function expectError(error: unknown, type: new (...args: never[]) => Error): void {
  expect(error).toBeInstanceOf(type);
  expect((error as Error).message.length).toBeLessThan(LONGEST);
}

describe.each(CASES)('$name', ({ bytes, text, verdict }) => {
  test('is JSON or is not', () => {
    const isJson = parseJson(text) !== undefined;
    if (verdict !== 'either') expect(isJson).toBe(verdict === 'accepted');
    expect(parseObject(text) !== undefined).toBe(isJson && text.trim().startsWith('{'));
  });

  test('is no record of an import', () => {
    const error = catchError(() => parseLine('data.jsonl', { number: 7, text }, NOW));
    expectError(error, DataFileError);
    const { message } = error as Error;
    expect(message).toContain('data.jsonl:7: ');
    expect(message).toContain(
      parseObject(text) === undefined
        ? 'expected a JSON object'
        : findDoubledMember(text) === undefined
          ? 'type: found '
          : ': found more than one, expected one',
    );
  });

  test('is no id for the command', async () => {
    const source = { args: [], file: undefined, format: 'jsonl', column: undefined } as const;
    const error: unknown = await readIds(source, Readable.from([bytes]), new AbortController().signal).catch(
      (caught: unknown) => caught,
    );
    expectError(error, InputError);
    expect((error as Error).message).toContain('expected ');
  });

  test('is no message, no job and no error of the API', () => {
    expectError(
      catchError(() => decodeMessage(text)),
      UnparsableMessageError,
    );
    expectError(
      catchError(() => readJob('job 1', text)),
      UnexpectedAnswerError,
    );
    expect(readError(text).detail.length).toBeLessThan(LONGEST);
  });
});

test('brackets inside of texts are no nesting', () => {
  const text = JSON.stringify({ '[{"\\': '[{"\\'.repeat(10_000) });
  expect(parseJson(text)).toEqual(JSON.parse(text));
  const wide = JSON.stringify(Array.from({ length: 10_000 }, () => [{}]));
  expect(parseJson(wide)).toHaveLength(10_000);
});
