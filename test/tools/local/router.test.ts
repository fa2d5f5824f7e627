/** Tests which route a request takes. */
import { expect, test } from '@jest/globals';
import { Router } from '../../../tools/local/gateway/router.ts';

function makeRouter(...keys: string[]): Router {
  return new Router(keys.map((key) => ({ key, functionId: key, timeoutMilliseconds: 30_000 })));
}

const ROUTES = makeRouter(
  '$default',
  'ANY /jobs/{proxy+}',
  'ANY /jobs/{id}',
  'GET /jobs/{id}',
  'GET /jobs/new',
  'GET /{kind}/new',
  'GET /jobs/{id}/chunks/{chunk}',
);

test.each([
  ['GET', '/jobs/new', 'GET /jobs/new', {}],
  ['GET', '/jobs/1', 'GET /jobs/{id}', { id: '1' }],
  ['POST', '/jobs/1', 'ANY /jobs/{id}', { id: '1' }],
  ['GET', '/other/new', 'GET /{kind}/new', { kind: 'other' }],
  ['GET', '/jobs/1/chunks/2', 'GET /jobs/{id}/chunks/{chunk}', { id: '1', chunk: '2' }],
  ['GET', '/jobs/1/2/3', 'ANY /jobs/{proxy+}', { proxy: '1/2/3' }],
  // A parameter matches exactly one segment, which must not be empty.
  ['GET', '/jobs/1/', 'ANY /jobs/{proxy+}', { proxy: '1/' }],
  ['GET', '/jobs/', '$default', {}],
  ['GET', '/jobs', '$default', {}],
  ['GET', '//new', '$default', {}],
  ['GET', '/', '$default', {}],
  ['PUT', '/other/new', '$default', {}],
  // Parameters are decoded after the path is split.
  ['GET', '/jobs/a%20b', 'GET /jobs/{id}', { id: 'a b' }],
  ['GET', '/jobs/a%2Fb', 'GET /jobs/{id}', { id: 'a/b' }],
  ['GET', '/jobs/%zz', 'GET /jobs/{id}', { id: '%zz' }],
  ['GET', '/jobs/__proto__', 'GET /jobs/{id}', { id: '__proto__' }],
])('%s %s takes %s', (method, path, key, pathParameters) => {
  const match = ROUTES.match(method, path);
  expect(match?.route.key).toBe(key);
  expect(match?.pathParameters).toEqual(pathParameters);
});

test('a request may match no route when there is no $default', () => {
  expect(makeRouter('GET /a').match('GET', '/b')).toBeUndefined();
});
