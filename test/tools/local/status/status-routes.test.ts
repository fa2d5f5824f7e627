/** Tests the status page over HTTP: which files are served, and that other origins get nothing. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { expectClosedToOthers, expectFile, expectPolicy } from '../page-rules.ts';
import { readStatus } from '../request-status.ts';
import { ServedStatus } from './served-status.ts';

const served = new ServedStatus();

beforeAll(async () => {
  await served.start();
  served.serve();
});

afterAll(() => served.stop());

const get = (path: string, headers: Record<string, string>, method?: string) =>
  readStatus(served.url, path, headers, method);

test.each([
  ['/_local', 'text/html; charset=utf-8', '<!doctype html>'],
  ['/_local/', 'text/html; charset=utf-8', '<!doctype html>'],
  ['/_local?job=x', 'text/html; charset=utf-8', '<!doctype html>'],
  ['/_local/page.css', 'text/css; charset=utf-8', ':root'],
  ['/_local/page.js', 'text/javascript; charset=utf-8', 'import'],
  ['/_local/tables.js', 'text/javascript; charset=utf-8', 'import'],
  ['/_local/lines.js', 'text/javascript; charset=utf-8', 'import'],
  ['/_local/elements.js', 'text/javascript; charset=utf-8', 'export'],
  ['/_local/status', 'application/json', '{"now":'],
])('%s is served as %s', async (path, type, part) => {
  await expectFile(served.url + path, type, part);
});

test.each([
  '/_local/status.ts',
  '/_local/../package.json',
  '/_local/page/page.js',
  '/_local/%2e%2e/status-handler.ts',
])('%s is not served', async (path) => {
  expect(await get(path, {})).toBe(404);
});

test('only GET is answered', async () => {
  expect(await get('/_local', {}, 'POST')).toBe(404);
  expect(await get('/_local/status', {}, 'PUT')).toBe(404);
});

test.each(['x', '-1', '1e3', '', '9'.repeat(40)])(
  'after=%s is not a number and is ignored',
  async (after) => {
    served.logLine('Worker', 'INFO', 'there');
    const response = await fetch(`${served.url}/_local/status?after=${after}`);
    expect(await response.json()).toMatchObject({ lines: expect.arrayContaining([expect.anything()]) });
  },
);

describe('pages of other origins', () => {
  test.each(['/_local', '/_local/status', '/_local/page.js'])(
    'cannot read, embed or frame %s',
    async (path) => {
      await expectClosedToOthers(served.url + path, { origin: served.url });
    },
  );

  test('can run no script in the page', async () => {
    await expectPolicy(`${served.url}/_local`);
  });

  test.each(['127.0.0.1', 'localhost', 'LOCALHOST:8080', '[::1]:3000', '127.0.0.1:1'])(
    'are not those of this machine under its name %s',
    async (host) => {
      expect(await get('/_local/status', { host })).toBe(200);
    },
  );

  test.each([
    'evil.example',
    'evil.example:3000',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    '127.0.0.2',
    '@127.0.0.1',
  ])('get nothing when their name %s points to this machine', async (host) => {
    expect(await get('/_local/status', { host })).toBe(403);
    expect(await get('/_local', { host })).toBe(403);
  });

  test.each(['https://evil.example', 'null', 'http://127.0.0.1:1', ''])(
    'are refused with the origin %j',
    async (origin) => {
      expect(await get('/_local/status', { origin })).toBe(403);
    },
  );
});
