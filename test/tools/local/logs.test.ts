/** Tests how log entries are printed. */
import { Writable } from 'node:stream';
import { expect, test } from '@jest/globals';
import { makeJsonLog, type LogEntry, makePrettyLog } from '../../../tools/local/logs.ts';

function printEntries(log: (out: Writable) => (entry: LogEntry) => void, ...entries: LogEntry[]): string {
  let text = '';
  const out = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      text += chunk.toString();
      done();
    },
  });
  const write = log(out);
  for (const entry of entries) write(entry);
  return text;
}

function makeEntry(text: unknown): LogEntry {
  const json = typeof text === 'string' ? text : JSON.stringify(text);
  return { kind: 'function', functionName: 'Worker', text: json };
}

test('a JSON line of a function is printed as level, function, message and the useful fields', () => {
  const text = printEntries(
    makePrettyLog,
    makeEntry({
      level: 'WARN',
      message: 'chunk.slow',
      timestamp: 't',
      service: 's',
      cold_start: true,
      job_id: 'J',
      n: 3,
    }),
  );
  expect(text).toMatch(/^\d\d:\d\d:\d\d\.\d{3} WARN {2}Worker {10}chunk\.slow job_id=J n=3\n$/);
});

test('an error is printed with its name, its message and its stack', () => {
  const error = {
    name: 'RangeError',
    message: 'no',
    stack: 'RangeError: no\n    at one (a.ts:1:1)\n    at two (b.ts:2:2)',
  };
  const text = printEntries(makePrettyLog, makeEntry({ level: 'ERROR', message: 'failed', error }));
  expect(text).toContain('failed error="RangeError: no"\n    at one (a.ts:1:1)\n    at two (b.ts:2:2)\n');
});

test('lines of metrics are left out', () => {
  expect(printEntries(makePrettyLog, makeEntry({ _aws: {}, jobs: 1 }))).toBe('');
});

test('text that is not JSON is printed unchanged, except for control characters', () => {
  expect(printEntries(makePrettyLog, makeEntry('{half'))).toContain('{half');
  const text = printEntries(
    makePrettyLog,
    makeEntry('plain \u001b[2Jtext'),
    makeEntry({ message: 'a\nb\u001b[0m\u007f' }),
  );
  expect(text).toContain('plain \\u001b[2Jtext\n');
  expect(text).toContain('a\\nb\\u001b[0m\\u007f\n');
  expect(text.split('\n')).toHaveLength(3);
});

test('characters that change the direction of text are escaped, also in names of fields', () => {
  const text = printEntries(makePrettyLog, makeEntry({ message: 'a\u202eb', 'c\u001b\u2066': 'd\u200f' }));
  expect(text).toContain('a\\u202eb c\\u001b\\u2066=d\\u200f\n');
});

test('a request is printed as one line', () => {
  const entry: LogEntry = {
    kind: 'request',
    method: 'GET',
    path: '/a\u0007',
    status: 404,
    milliseconds: 1.6,
  };
  expect(printEntries(makePrettyLog, entry)).toMatch(/gateway {9}GET \/a\\u0007 404 2 ms\n$/);
});

test('as JSON, lines of functions are printed unchanged, with the metrics among them', () => {
  const metrics = '{"_aws":{},"jobs":1}';
  const request: LogEntry = { kind: 'request', method: 'GET', path: '/', status: 200, milliseconds: 1 };
  const [first, second] = printEntries(makeJsonLog, makeEntry(metrics), request).split('\n');
  expect(first).toBe(metrics);
  expect(JSON.parse(second ?? '')).toEqual(request);
});
