/** Tests the function behind the catch-all routes: a preflight is 204, everything else 404. */
import { beforeAll, expect, test } from '@jest/globals';
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import { PREFLIGHT_ROUTE, UNKNOWN_ROUTE } from '../../api/routes.ts';
import type { ApiResponse } from '../../src/http/message.ts';

type Handler = (event: APIGatewayProxyEventV2, context: Context) => Promise<ApiResponse>;

let handler: Handler;
beforeAll(async () => {
  process.env['POWERTOOLS_LOG_LEVEL'] = 'SILENT';
  handler = (await import('../../lambdas/not-found.ts')).handler;
});

const ASKS = { origin: 'https://app.example.com', 'access-control-request-method': 'POST' };

async function call(routeKey: string, headers: Record<string, string>): Promise<ApiResponse> {
  const event = { routeKey, headers, pathParameters: { proxy: 'demand/x' }, isBase64Encoded: false };
  const context = { awsRequestId: 'r', functionName: 'f', getRemainingTimeInMillis: () => 5_000 };
  return handler(event as unknown as APIGatewayProxyEventV2, context as Context);
}

test('a preflight is 204 without a body, and has no CORS headers of its own', async () => {
  const { statusCode, headers, body } = await call(PREFLIGHT_ROUTE, ASKS);
  expect({ statusCode, body }).toEqual({ statusCode: 204, body: undefined });
  expect(Object.keys(headers ?? {}).filter((name) => name.startsWith('access-control'))).toEqual([]);
});

test.each<[string, string, Record<string, string>]>([
  ['OPTIONS without an origin', PREFLIGHT_ROUTE, { 'access-control-request-method': 'POST' }],
  ['OPTIONS that asks for no method', PREFLIGHT_ROUTE, { origin: ASKS.origin }],
  ['a preflight where none is expected', UNKNOWN_ROUTE, ASKS],
])('%s is 404', async (_, routeKey, headers) => {
  expect(await call(routeKey, headers)).toMatchObject({
    statusCode: 404,
    body: expect.stringContaining('not_found_error'),
  });
});
