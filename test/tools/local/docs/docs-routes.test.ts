/** Tests the API pages over HTTP: which files are served, and that other origins get nothing. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { ACTION_NAMES } from '../../../../src/domain/actions.ts';
import { makeDocsHandler } from '../../../../tools/local/docs/docs-handler.ts';
import type { LocalFile } from '../../../../tools/local/gateway/local-routes.ts';
import { Gateway } from '../../../../tools/local/gateway/server.ts';
import { expectClosedToOthers, expectFile, expectPolicy } from '../page-rules.ts';
import { readStatus } from '../request-status.ts';

interface Description {
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Readonly<
    Record<string, { post?: { requestBody: { content: { 'application/json': { example: unknown } } } } }>
  >;
  readonly components: { readonly parameters: object };
}

let gateway: Gateway;

beforeAll(async () => {
  gateway = await Gateway.listen(0, () => undefined);
  gateway.serveLocalRoutes(
    '/docs',
    makeDocsHandler(() => Promise.resolve({ token: 'the token' }), Promise.resolve('')),
  );
});

afterAll(() => gateway.close(0));

const get = (path: string, headers: Record<string, string>, method?: string) =>
  readStatus(gateway.url, path, headers, method);

test.each([
  ['/docs', 'text/html; charset=utf-8', '<!doctype html>'],
  ['/docs/', 'text/html; charset=utf-8', '<!doctype html>'],
  ['/docs/page.css', 'text/css; charset=utf-8', 'body'],
  ['/docs/page.js', 'text/javascript; charset=utf-8', 'SwaggerUIBundle'],
  ['/docs/swagger-ui.css', 'text/css; charset=utf-8', '.swagger-ui'],
  ['/docs/swagger-ui-bundle.js', 'text/javascript; charset=utf-8', 'SwaggerUIBundle'],
  ['/docs/openapi.yaml', 'application/yaml; charset=utf-8', 'openapi: 3.1'],
  ['/docs/token', 'application/json', '{"token":"the token"}'],
])('%s is served as %s', async (path, type, part) => {
  await expectFile(gateway.url + path, type, part);
});

test('the description names the base path, and its examples the data that was given', async () => {
  const sample = {
    tenant: { accountId: 7, projectId: 'PR0JECT0000000000000000007' },
    targetGroupIds: ['TARGETGR0VP000000000000001', 'TARGETGR0VP000000000000002'],
  };
  const handle = makeDocsHandler(() => Promise.resolve({ token: '' }), Promise.resolve('/jobs'), sample);
  const file = (await handle('GET', 'openapi.yaml', new URLSearchParams())) as LocalFile;
  const { paths, components, servers } = parse(file.body.toString()) as Description;
  expect(servers.map(({ url }) => url)).toEqual(['/jobs', '/jobs/v1']);
  const bodies = Object.values(paths).flatMap(({ post }) => (post === undefined ? [] : [post.requestBody]));
  expect(bodies).toHaveLength(ACTION_NAMES.length);
  for (const { content } of bodies) {
    expect(content['application/json'].example).toEqual({ target_group_ids: sample.targetGroupIds });
  }
  expect(components.parameters).toMatchObject({
    AccountId: { example: 7 },
    ProjectId: { example: 'PR0JECT0000000000000000007' },
    TargetGroupId: { example: 'TARGETGR0VP000000000000001' },
  });
  const plain = (await (await fetch(`${gateway.url}/docs/openapi.yaml`)).text()).split('\n');
  expect(file.body.toString().split('\n').slice(0, 3)).toEqual(plain.slice(0, 3));
});

test.each([
  '/docs/docs-handler.ts',
  '/docs/../package.json',
  '/docs/%2e%2e/docs-handler.ts',
  '/docs/index.html',
])('%s is not served', async (path) => {
  expect(await get(path, {})).not.toBe(200);
});

test('only GET is answered, and only below /docs', async () => {
  expect(await get('/docs', {}, 'POST')).toBe(404);
  expect(await get('/docs/token', {}, 'PUT')).toBe(404);
  // This path belongs to the API, which does not serve yet.
  expect(await get('/docsx', {})).toBe(503);
});

describe('pages of other origins', () => {
  test('can run no script in the pages, and cannot embed, read or frame them', async () => {
    await expectPolicy(`${gateway.url}/docs`);
    for (const path of ['/docs', '/docs/token', '/docs/openapi.yaml']) {
      await expectClosedToOthers(gateway.url + path);
    }
  });

  test.each(['evil.example', '127.0.0.1.evil.example', '127.0.0.2'])(
    'get nothing when their name %s points to this machine',
    async (host) => {
      expect(await get('/docs', { host })).toBe(403);
      expect(await get('/docs/token', { host })).toBe(403);
    },
  );

  test.each(['https://evil.example', 'null', 'http://127.0.0.1:1'])(
    'get no token with the origin %j',
    async (origin) => {
      expect(await get('/docs/token', { origin })).toBe(403);
    },
  );
});
