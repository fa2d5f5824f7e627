/**
 * Turns the result of an invocation into an HTTP response, by the rules of an HTTP API.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
import { z } from 'zod';
import type { InvocationResult } from '../functions/messages.ts';

export interface GatewayResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: Buffer;
}

const INTERNAL_SERVER_ERROR = makeGatewayMessage(500, 'Internal Server Error');

const scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String);

const answerShape = z.object({
  statusCode: z.coerce.number().int().min(200).max(599),
  headers: z.record(z.string(), scalar).nullish(),
  cookies: z.array(z.string()).nullish(),
  body: z.string().nullish(),
  isBase64Encoded: z.boolean().nullish(),
});

/** Headers of the connection. API Gateway renames them when a function sets them. */
const OF_THE_CONNECTION = ['connection', 'content-length', 'keep-alive', 'transfer-encoding', 'upgrade'];

/** Makes an answer of the gateway itself. */
export function makeGatewayMessage(status: number, message: string): GatewayResponse {
  return {
    status,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify({ message })),
  };
}

/**
 * Makes the response. A failed invocation and an answer of the wrong form become a 500 of the gateway itself.
 */
export function makeHttpResponse(result: InvocationResult): GatewayResponse {
  if (!result.ok) {
    // Throttling is the only failure that the function itself did not cause.
    return result.error.errorType === 'TooManyRequestsException'
      ? makeGatewayMessage(503, 'Service Unavailable')
      : INTERNAL_SERVER_ERROR;
  }
  const answer: unknown = JSON.parse(result.payload);
  if (typeof answer !== 'object' || answer === null || !('statusCode' in answer)) {
    const body = typeof answer === 'string' ? answer : result.payload;
    return { status: 200, headers: { 'content-type': 'application/json' }, body: Buffer.from(body) };
  }
  const parsed = answerShape.safeParse(answer);
  if (!parsed.success) return INTERNAL_SERVER_ERROR;
  const { statusCode, headers, cookies, body, isBase64Encoded } = parsed.data;
  return {
    status: statusCode,
    headers: {
      'content-type': 'text/plain; charset=utf-8',
      ...Object.fromEntries(Object.entries(headers ?? {}).map(renameHeader)),
      ...(cookies && cookies.length > 0 && { 'set-cookie': cookies }),
    },
    body: Buffer.from(body ?? '', isBase64Encoded === true ? 'base64' : 'utf8'),
  };
}

function renameHeader([name, value]: [string, string]): [string, string] {
  const lower = name.toLowerCase();
  return [OF_THE_CONNECTION.includes(lower) ? `x-amzn-remapped-${lower}` : lower, value];
}
