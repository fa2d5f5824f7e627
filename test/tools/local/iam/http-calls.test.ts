/** Tests how requests are cut out of the bytes of a connection. */
import { describe, expect, test } from '@jest/globals';
import { HttpCalls, UnreadableCallError } from '../../../../tools/local/iam/http-calls.ts';

const encodeRequest = (body: string) =>
  Buffer.from(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);

test.each([1, 2, 7, 1000])('requests are found unchanged in pieces of %i bytes', (size) => {
  const bytes = Buffer.concat([encodeRequest('{"a":"ä"}'), encodeRequest(''), encodeRequest('{}')]);
  const calls = new HttpCalls();
  const found: string[] = [];
  for (let i = 0; i < bytes.length; i += size) {
    for (const call of calls.push(bytes.subarray(i, i + size)))
      found.push(call.makeBytes(call.head).toString());
  }
  expect(found).toEqual([encodeRequest('{"a":"ä"}'), encodeRequest(''), encodeRequest('{}')].map(String));
});

test('headers are found by their names in any case', () => {
  const bytes = 'POST / HTTP/1.1\r\nX-Amz-Target: \tA.B \r\nx-no-target: C\r\ncontent-length: 0\r\n\r\n';
  const [call] = new HttpCalls().push(Buffer.from(bytes));
  expect(call?.headers.get('x-amz-target')).toBe('A.B');
  expect(call?.headers.get('no-target')).toBeUndefined();
});

describe('an unreadable request is refused:', () => {
  test.each([
    ['one without a length', 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['one with a negative length', 'POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n'],
    ['one with an endless head', 'x'.repeat(18 * 1024 * 1024)],
  ])('%s', (_name, bytes) => {
    expect(() => new HttpCalls().push(Buffer.from(bytes))).toThrow(UnreadableCallError);
  });
});
