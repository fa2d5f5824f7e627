/** Requests and responses of the handlers, independent of the gateway's event format. */
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { findRouteKey, type PathParameter, PREFLIGHT_ROUTE } from '../../api/routes.ts';
import type { Fault } from '../domain/errors.ts';

export interface ApiRequest {
  /** The contract's route: method and path with the names of the parameters; `$default` if it has none. */
  readonly routeKey: string;
  readonly path: Readonly<Partial<Record<PathParameter, string | undefined>>>;
  /** By header name in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The text of the body, or the fault that it is not text. */
  readonly body: string | Fault;
}

export type ApiResponse = APIGatewayProxyStructuredResultV2;

/**
 * Reads a request from the event of an HTTP API, payload format 2.0:
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function readApiRequest(event: APIGatewayProxyEventV2): ApiRequest {
  const headers: Record<string, string | undefined> = Object.create(null) as object as Record<string, string>;
  for (const [name, value] of Object.entries(event.headers)) headers[name.toLowerCase()] = value;
  return {
    routeKey: findRouteKey(event.routeKey, event.pathParameters),
    path: event.pathParameters ?? {},
    headers,
    body: decodeBody(event),
  };
}

/**
 * Whether a browser asks with this request whether a page may send another one. Both headers must be there:
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
 */
export function isPreflight({ routeKey, headers }: ApiRequest): boolean {
  return (
    routeKey === PREFLIGHT_ROUTE &&
    headers['origin'] !== undefined &&
    headers['access-control-request-method'] !== undefined
  );
}

/** Decodes the body. Byte order marks before it are ignored: https://datatracker.ietf.org/doc/html/rfc8259#section-8.1 */
function decodeBody({ body = '', isBase64Encoded }: APIGatewayProxyEventV2): string | Fault {
  // Which types of content the gateway encodes is its decision, so both ways must give the same text.
  if (!isBase64Encoded) return removeMarks(body);
  try {
    return removeMarks(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(body, 'base64')));
  } catch {
    return { name: 'body', reason: 'expected text in UTF-8, found other bytes' };
  }
}

/** There may be two: a program that adds one does not always look whether its input has one. */
function removeMarks(text: string): string {
  return text.replace(/^\uFEFF+/, '');
}

export function makeJsonResponse(
  statusCode: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): ApiResponse {
  return {
    statusCode,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  };
}
