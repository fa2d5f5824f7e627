/** Tests the reader of CSV: every way in which a table is saved, and what is refused instead of guessed. */
import { Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readRows } from '../../../tools/kit/csv.ts';
import { decodeText } from '../../../tools/kit/decode-text.ts';
import { readLines } from '../../../tools/kit/read-lines.ts';
import { ID_PATTERN } from '../../../src/domain/ids.ts';
import { makeIds } from '../../support/builders.ts';
import { makePropertySettings } from '../../support/properties.ts';

const KIND = { names: ['id', 'state'], id: ID_PATTERN };
const [A = '', B = '', C = ''] = makeIds(3);

function* cut(bytes: Buffer, sizes: readonly number[]): Generator<Buffer> {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

const decode = (bytes: Buffer | string, sizes = [7]) =>
  decodeText(Readable.from(cut(Buffer.from(bytes as string), sizes)), 'a.csv');

async function read(bytes: Buffer | string, sizes?: number[]): Promise<(readonly string[])[]> {
  const rows = [];
  for await (const { cells, problem } of readRows(decode(bytes, sizes), 'a.csv', KIND)) {
    rows.push(problem === undefined ? cells : [problem]);
  }
  return rows;
}

async function countLines(bytes: Buffer | string): Promise<number> {
  let count = 0;
  for await (const line of readLines(decode(bytes), 'a.txt')) count = line.number;
  return count;
}

const CHARACTERS = ['a', 'b', '"', 'ü', '€', '😀', ' ', ',', ';', '\t', '|', '\n', '1'];

const ENCODINGS: Readonly<Record<string, (text: string) => Buffer>> = {
  'UTF-8': (text) => Buffer.from(text),
  'UTF-8 with a mark': (text) => Buffer.from(`\uFEFF${text}`),
  'UTF-8 with two marks': (text) => Buffer.from(`\uFEFF\uFEFF${text}`),
  'UTF-16 LE': (text) => Buffer.from(`\uFEFF${text}`, 'utf16le'),
  'UTF-16 BE': (text) => Buffer.from(`\uFEFF${text}`, 'utf16le').swap16(),
  'UTF-16 LE without a mark': (text) => Buffer.from(text, 'utf16le'),
  'UTF-16 BE without a mark': (text) => Buffer.from(text, 'utf16le').swap16(),
};

test('a table is the same in every encoding, with any delimiter, line end and chunk size', async () => {
  const cell = fc.string({ unit: fc.constantFrom(...CHARACTERS), maxLength: 8 }).map((text) => text.trim());
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...Object.values(ENCODINGS)),
      fc.constantFrom(',', ';', '\t', '|'),
      fc.constantFrom('\n', '\r\n', '\r'),
      fc.boolean(),
      fc.array(fc.tuple(cell, cell, cell), { maxLength: 5 }),
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 3 }),
      async (encode, delimiter, lineEnd, named, cells, sizes) => {
        const rows = cells.filter((row) => row.some((text) => text !== ''));
        const quote = (text: string) => `"${text.replaceAll('"', '""')}"`;
        const lines = rows.map((row) => row.map(quote).join(delimiter).replaceAll('\n', lineEnd));
        const text = [
          ...(named ? [`sep=${delimiter}`] : []),
          ['ID', ' State ', 'x'].join(delimiter),
          ...lines,
          delimiter.repeat(2),
          '',
        ].join(lineEnd);
        expect(await read(encode(text), sizes)).toEqual([['ID', 'State', 'x'], ...rows]);
      },
    ),
    makePropertySettings(300),
  );
});

describe('read as it was meant:', () => {
  test.each<[string, string, string[][]]>([
    [
      'quotes within a cell',
      `id,x\n1,TV 55" a\n2,a "b" c\n3,"d" e\n`,
      [
        ['1', 'TV 55" a'],
        ['2', 'a "b" c'],
        ['3', '"d" e'],
      ],
    ],
    ['spaces around quotes', `id,x\n "1" , "a, b" \n`, [['1', 'a, b']]],
    ['a cell of several lines', `id,x\n1,"a ""b""\nc"\n`, [['1', 'a "b"\nc']]],
    [
      'empty cells at the end',
      `id,x\n1,a,\n2,b,,,\n`,
      [
        ['1', 'a'],
        ['2', 'b'],
      ],
    ],
    [
      'cells that are missing at the end',
      `id,x\n1\n2,b\n`,
      [
        ['1', ''],
        ['2', 'b'],
      ],
    ],
    ['empty tab-separated cells', `x\ty\tid\n\t\t1\n`, [['', '', '1']]],
    [
      'rows of empty cells before, between and after',
      `,\n;;\n\nid,x\n1,a\n ,\n2,b\n,\n`.replace(';;\n', ''),
      [
        ['1', 'a'],
        ['2', 'b'],
      ],
    ],
    [
      'mixed line ends',
      `id,x\r\n1,a\n2,b\r3,c\r\r\n`,
      [
        ['1', 'a'],
        ['2', 'b'],
        ['3', 'c'],
      ],
    ],
    ['a line sep= in quotes', `"sep=;"\nid;x\n1;a,b\n`, [['1', 'a,b']]],
    ['a line sep= with a delimiter of its own', `sep=^\nid^x\n1^a,b;c\n`, [['1', 'a,b;c']]],
    ['other delimiters within cells', `name,code;id\nx,y;1\n`, [['x,y', '1']]],
    ['a header without a name at the end', `id,x,\n1,a,\n`, [['1', 'a']]],
    ['one column with empty cells after it', `id\n1;\n2,\n`, [['1'], ['2']]],
  ])('%s', async (_, text, rows) => {
    expect((await read(text)).slice(1)).toEqual(rows);
  });
});

describe('refused instead of guessed:', () => {
  test.each<[string, string | Buffer, RegExp]>([
    ['a cell too many', `id,x\n1,a,b\n`, /^found 3 cells, "b" among them, expected 2$/],
    [
      'a quote that is not closed',
      `id,x\n1,a\n2,"b\n3,c\n`,
      /^a\.csv:3: not CSV: found a quote that is not closed/,
    ],
    [
      'one that the next quote would close',
      `id,x\n1,"a\n2,b\n3,c "d" e\n`,
      /^a\.csv:2: not CSV: found a quote that is not closed/,
    ],
    [
      'one that would swallow rows',
      `id,x\n${A},"a\n${B},b\n${C},c "\n`,
      /^a\.csv:2: not CSV: found a quote that is not closed/,
    ],
    [
      'two delimiters in the header',
      `id;x,state\n`,
      /^a\.csv:1: found a header with more than one delimiter/,
    ],
    ['only empty cells', ` , ,\n,,\n`, /^a\.csv: found no row, expected a header/],
    [
      'Latin-1',
      Buffer.from('id,x\n1,a\n2,caf\u00e9,b\n', 'latin1'),
      /^a\.csv:3: character 6: found the byte 0xE9, expected UTF-8/,
    ],
    [
      'UTF-8 that ends within a character',
      Buffer.from('id\n1,€').subarray(0, -1),
      /^a\.csv:2: character 3: found the byte 0xE2, expected UTF-8/,
    ],
    [
      'a half of a surrogate pair',
      Buffer.from('\uFEFFid\n\ud83d\n', 'utf16le'),
      /^a\.csv:2: character 1: found the byte 0x3D, expected UTF-16LE/,
    ],
    [
      'half a character of UTF-16',
      Buffer.from('\uFEFFid\n1', 'utf16le').subarray(0, -1),
      /^a\.csv:2: character 1: found the byte 0x31, expected UTF-16LE/,
    ],
    ['a zero', 'id\n1\n2\0\n', /^a\.csv:3: character 2: found the character U\+0000, expected text/],
    [
      'UTF-32',
      Buffer.from('fffe0000690000006400000', 'hex'),
      /^a\.csv:1: character \d: found the character U\+0000/,
    ],
  ])('%s', async (_, text, message) => {
    const outcome = await read(text).then(
      (rows) => rows.at(-1)?.join() ?? '',
      (error: unknown) => (error as Error).message,
    );
    expect(outcome).toMatch(message);
  });
});

describe('refused by what it is:', () => {
  test.each<[string, string | Buffer]>([
    ['an Excel workbook', Buffer.from('504b030414000600', 'hex')],
    ['an Excel workbook of an old version', Buffer.from('d0cf11e0a1b11ae10000', 'hex')],
    ['a PDF document', '%PDF-1.7\n'],
    ['a gzip archive', Buffer.from('1f8b0800', 'hex')],
    ['a page of HTML', '\r\n <!DOCTYPE html>\n<p>Sign in'],
    ['a page of HTML', '\uFEFF<table border=1><tr><td>id'],
    ['a page of HTML', Buffer.from('\uFEFF<html><body>', 'utf16le')],
    ['XML', '<?xml version="1.0"?><Workbook>'],
    ['it is empty', ''],
    ['it is empty', '\uFEFF'],
    ['it is empty', ' \r\n\r\n'],
  ])('%s %#', async (what, bytes) => {
    await expect(read(bytes)).rejects.toThrow(what);
    await expect(countLines(bytes)).rejects.toThrow(what);
  });
});

test('the place of a wrong byte counts from the start of its line, wherever the chunks are cut', async () => {
  const bytes = Buffer.concat([Buffer.from(`id\n${'€'.repeat(3_000)}`), Buffer.from([0xff])]);
  for (const size of [1, 2, 1_000, 1_024, 65_536]) {
    await expect(read(bytes, [size])).rejects.toThrow('a.csv:2: character 3001: found the byte 0xFF');
  }
});

/** Five million characters of one line, after two rows. */
function* writeLongLine(character: string): Generator<string> {
  yield `id\n${A}\n`;
  for (let i = 0; i < 5_000; i++) yield character.repeat(1_000);
}

test.each([',', ' ', '"",', 'x', ' "'])('a row of %j without end is refused at once', async (character) => {
  const rows: unknown[] = [];
  let characters = 0;
  const countCharacters = function* () {
    for (const text of writeLongLine(character)) {
      characters += text.length;
      yield text;
    }
  };
  const readAll = async () => {
    for await (const { cells } of readRows(Readable.from(countCharacters()), 'a.csv', KIND)) {
      rows.push(cells);
    }
  };
  await expect(readAll()).rejects.toThrow('a.csv:3: not CSV: found a row of more than 100000 characters');
  expect(rows).toEqual([['id'], [A]]);
  // Streams read ahead a little.
  expect(characters).toBeLessThan(300_000);
});

test('a sheet of Excel may have all of its 16,384 columns', async () => {
  expect(await read(`id\n${A}${','.repeat(16_383)}\n`)).toEqual([['id'], [A]]);
});
