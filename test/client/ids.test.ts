/** Tests how the command reads target group ids: every format and source, and the errors for bad input. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type IdSource, readIds } from '../../client/cli/read-ids.ts';
import { makeIds } from '../support/builders.ts';

const [A = '', B = '', C = ''] = makeIds(3);

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ids-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function writeTempFile(name: string, content: string): string {
  const file = join(mkdtempSync(join(folder, 'f-')), name);
  writeFileSync(file, content);
  return file;
}

function read(source: Partial<IdSource>, stdin = '') {
  return readIds(
    { args: [], file: undefined, format: undefined, column: undefined, ...source },
    Readable.from([Buffer.from(stdin)]),
    new AbortController().signal,
  );
}

async function catchMessage(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'it was read',
    (error: unknown) => (error as Error).message.replaceAll(`${folder}/`, '').replaceAll(/f-\w+\//g, ''),
  );
}

describe('reading ids', () => {
  const both = { ids: [A, B], duplicates: 1 };

  test.each<[string, string, string, Partial<IdSource>?]>([
    ['lines', 'a.txt', `${A}\n${B}\n${A}`],
    [
      'lines with comments, blanks, a byte order mark and other line ends',
      'a.txt',
      `\uFEFF# two\r\n${A}\r\n\r\n  ${B} \r\n${A}\r\n`,
    ],
    ['JSON strings', 'a.jsonl', `"${A}"\n"${B}"\n"${A}"\n`],
    [
      'JSON objects',
      'a.ndjson',
      `\uFEFF{"target_group_id":"${A}","x":1}\r\n{"target_group_id":"${B}"}\n"${A}"\n`,
    ],
    [
      'the CSV column target_group_id',
      'a.csv',
      `\uFEFFname,target_group_id\r\n"a, ""b""",${A}\r\n,${B}\r\nc, ${A} \r\n`,
    ],
    [
      'a CSV column that --column names',
      'a.csv',
      `${'P'.repeat(26)},id\n${C},${A}\n${C},${B}\n${C},${A}`,
      { column: 'id' },
    ],
    [
      'CSV under .txt, as spreadsheets save it, with the header that names the column',
      'a.txt',
      `Name\tTarget_Group_Id\r\nx\t${A}\r\ny\t${B}\r\n\t${A}\r\n`,
    ],
    ['tab-separated values', 'a.tsv', `x\ttarget_group_id\n1\t${A}\n\t${B}\n3\t${A}\n`],
    ['the only CSV column', 'a.csv', `id\n${A}\n${B}\n${A}\n`],
    ['the only CSV column, without a header', 'a.csv', `${A}\n${B}\n${A}\n`],
    ['a file whose name does not show its format', 'a.data', `"${A}"\n"${B}"\n"${A}"\n`, { format: 'jsonl' }],
  ])('finds two ids and a duplicate in %s', async (_, name, content, source = {}) => {
    expect(await read({ file: writeTempFile(name, content), ...source })).toEqual(both);
  });

  test('reports a malformed id in the first row instead of taking it for a header', async () => {
    const damaged = ['1.23E+25', '-', '#NAME?', 'NULL', 'n/a', 'INVALID', 'void', 'Groups 2026', `${A}-`];
    for (const faulty of [A.toLowerCase(), A.slice(1), `${A}0`, ...damaged]) {
      const file = writeTempFile('a.csv', `${faulty}\n${B}\n`);
      expect(await catchMessage(read({ file }))).toContain(
        `a.csv:1: found "${faulty}", expected a target group id`,
      );
    }
  });

  test.each([
    'id',
    'ID',
    'Ids',
    'target group id',
    'target-group-id',
    'Target Group',
    'targetGroupId',
    'group_ids',
  ])('takes %s in the first row for the header of the only column', async (header) => {
    expect(await read({ file: writeTempFile('a.csv', `${header}\n${A}\n${B}\n${A}\n`) })).toEqual(both);
  });

  test('finds two ids and a duplicate on the command line', async () => {
    expect(await read({ args: [A, B, A] })).toEqual(both);
  });

  test('finds two ids and a duplicate on standard input, with and without --file -', async () => {
    expect(await read({}, `${A}\n${B}\n${A}`)).toEqual(both);
    expect(await read({ file: '-', format: 'csv' }, `target_group_id\n${A}\n${B}\n${A}`)).toEqual(both);
  });
});

describe('an error names the place, what was found and what was expected', () => {
  const EXPECTED = 'expected a target group id: 26 characters of 0-9 and A-Z';

  test.each<[string, string, string[]]>([
    [
      'a.txt',
      `${A}\n\nx\n${B.toLowerCase()}\n`,
      [`a.txt:3: found "x", ${EXPECTED}`, `a.txt:4: found "${B.toLowerCase()}", ${EXPECTED}`],
    ],
    [
      'a.jsonl',
      `"${A}"\n7\n{"id":"${A}"}\n{"target_group_id":null}\nx"\n`,
      [
        `a.jsonl:2: found 7, ${EXPECTED}`,
        `a.jsonl:3: found {"id":"${A}"}, ${EXPECTED}`,
        `a.jsonl:4: found null, ${EXPECTED}`,
        `a.jsonl:5: found "x\\"", ${EXPECTED}`,
      ],
    ],
    [
      'a.csv',
      `target_group_id,n\n${A},1\n,2\n"x\ny",3\n`,
      [`a.csv:3: found nothing, ${EXPECTED}`, `a.csv:5: found "x\\ny", ${EXPECTED}`],
    ],
    [
      'a.csv',
      `project,group\n${A},${B}\n`,
      ['a.csv:1: found the columns "project", "group", expected "target_group_id": add --column NAME'],
    ],
    ['a.csv', `target_group_id\n${A},1\n`, ['a.csv:2: found 2 cells, "1" among them, expected 1']],
    ['a.txt', '# nothing\n', ['a.txt: found no target group ids, expected at least one']],
    ['a.csv', 'target_group_id\n', ['a.csv: found no target group ids, expected at least one']],
  ])('in %s', async (name, content, messages) => {
    expect(await catchMessage(read({ file: writeTempFile(name, content) }))).toBe(messages.join('\n'));
  });

  test('for at most twenty ids, and counts the others', async () => {
    const message = await catchMessage(read({ args: Array.from({ length: 30 }, (_, i) => `x${i}`) }));
    const lines = message.split('\n');
    expect(lines).toHaveLength(21);
    expect(lines[0]).toBe(`id 1: found "x0", ${EXPECTED}`);
    expect(lines[20]).toBe('and 10 more');
  });

  test('without control characters, which a terminal would obey', async () => {
    expect(await catchMessage(read({ args: ['\u001b[2J\u202e'] }))).not.toMatch(/[\p{Cc}\u202e]/u);
  });

  test.each<[Partial<IdSource>, string]>([
    [{ file: '/nowhere/a.txt' }, '--file /nowhere/a.txt: there is no such file'],
    [{ file: tmpdir(), format: 'txt' }, `--file ${tmpdir()}: found a folder, expected a file`],
    [{ file: 'a.xlsx' }, '--file a.xlsx: the name does not tell the format: add --format txt, csv, jsonl'],
    [
      { file: 'a.txt', args: [A] },
      '--file a.txt: found ids on the command line as well, expected one of both',
    ],
    [{ file: 'a.txt', column: 'id' }, '--column id: found a.txt read as txt, expected CSV: add --format csv'],
    [{}, 'standard input: found nothing (it is empty), expected text'],
  ])('for the source %j', async (source, message) => {
    expect(await catchMessage(read(source))).toBe(message);
  });

  test('at once, without waiting for input, when standard input is a terminal', async () => {
    const stdin = Object.assign(new Readable({ read: () => undefined }), { isTTY: true });
    const nothing = { args: [], file: undefined, format: undefined, column: undefined };
    expect(await catchMessage(readIds(nothing, stdin, new AbortController().signal))).toMatch(
      /^target group ids: found none, expected ids, --file FILE/,
    );
  });
});

test('a member of JSON that stands twice is a fault of its line', async () => {
  const file = writeTempFile(
    'a.jsonl',
    `"${A}"\n{"target_group_id":"${B}","target_group_i\\u0064":"${C}"}\n`,
  );
  expect(await catchMessage(read({ file }))).toBe(
    'a.jsonl:2: "target_group_id": found more than one, expected one',
  );
});

test('members of inner objects and texts that look like members are none', async () => {
  const file = writeTempFile('a.jsonl', `{"a":{"b":1},"b":[{"b":"\\"b\\":"}],"target_group_id":"${A}"}\n`);
  expect(await read({ file })).toEqual({ ids: [A], duplicates: 0 });
});

test.each(['\u200b', '\u2060', '\u00ad', '\u200e', '\ufe0f'])(
  'a message shows the invisible %j',
  async (mark) => {
    const code = mark.charCodeAt(0).toString(16).padStart(4, '0');
    const file = writeTempFile('a.txt', `${A}x${mark}\n`);
    expect(await catchMessage(read({ file }))).toContain(`found "${A}x\\u${code}"`);
  },
);
