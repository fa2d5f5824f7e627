/** Requests and responses as the handlers see them: normalised, whatever the gateway's form. */
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { PathParameter } from '../../api/routes.ts';
import type { Fault } from '../domain/errors.ts';

export interface ApiRequest {
  /** As the gateway matched it: the path before parameters were filled in. */
  readonly routeKey: string;
  readonly path: Readonly<Partial<Record<PathParameter, string | undefined>>>;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The body's text, or the fault that it is none. */
  readonly body: string | Fault;
}

export type ApiResponse = APIGatewayProxyStructuredResultV2;

/** The request, from the event of an HTTP API (payload format 2.0). */
export function apiRequest(event: APIGatewayProxyEventV2): ApiRequest {
  const headers: Record<string, string | undefined> = Object.create(null) as object as Record<string, string>;
  for (const [name, value] of Object.entries(event.headers)) headers[name.toLowerCase()] = value;
  return {
    routeKey: event.routeKey,
    path: event.pathParameters ?? {},
    headers,
    body: bodyOf(event),
  };
}

function bodyOf({ body = '', isBase64Encoded }: APIGatewayProxyEventV2): string | Fault {
  if (!isBase64Encoded) return body;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(body, 'base64'));
  } catch {
    return { name: 'body', reason: 'expected text in UTF-8, found other bytes' };
  }
}

export function jsonResponse(
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
