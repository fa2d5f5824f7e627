/**
 * Builds the event that an HTTP API passes to a function, in payload format 2.0.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { ACCOUNT_ID } from '../cloud.ts';
import { decodePercent, type Match } from './router.ts';

export interface GatewayRequest {
  readonly method: string;
  /** Path and query, unchanged from the request line. */
  readonly target: string;
  /** `HTTP/1.1` */
  readonly protocol: string;
  /** Alternating names and values, as received. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  readonly sourceIp: string;
  readonly requestId: string;
  readonly traceId: string;
  /** When the request arrived. */
  readonly time: Date;
}

/** Builds the event. As in AWS, it has the decoded path, and the query both raw and decoded. */
export function makeHttpEvent(request: GatewayRequest, match: Match): APIGatewayProxyEventV2 {
  const [path, query] = splitTarget(request.target);
  const { headers, cookies } = readHeaders(request.rawHeaders);
  const host = headers['host'] ?? '';
  headers['x-amzn-trace-id'] ??= request.traceId;
  headers['x-forwarded-for'] ??= request.sourceIp;
  headers['x-forwarded-proto'] ??= 'http';
  headers['content-length'] ??= String(request.body.length);
  const queryStringParameters = readParameters(query);
  const binary = request.body.length > 0 && !isText(headers['content-type']);
  return {
    version: '2.0',
    routeKey: match.route.key,
    rawPath: decodePercent(path),
    rawQueryString: query,
    ...(cookies.length > 0 && { cookies }),
    headers,
    ...(queryStringParameters && { queryStringParameters }),
    ...(Object.keys(match.pathParameters).length > 0 && { pathParameters: match.pathParameters }),
    requestContext: {
      accountId: ACCOUNT_ID,
      apiId: 'local',
      domainName: host,
      domainPrefix: host.split('.')[0] ?? '',
      http: {
        method: request.method,
        path: decodePercent(path),
        protocol: request.protocol,
        sourceIp: request.sourceIp,
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: request.requestId,
      routeKey: match.route.key,
      stage: '$default',
      time: formatCommonLogTime(request.time),
      timeEpoch: request.time.getTime(),
    },
    ...(request.body.length > 0 && { body: request.body.toString(binary ? 'base64' : 'utf8') }),
    isBase64Encoded: binary,
  };
}

/** Splits a request target into path and query, without the question mark. */
export function splitTarget(target: string): [path: string, query: string] {
  // A client that uses a proxy sends the whole URL in the request line.
  const local = target.replace(/^https?:\/\/[^/?]*/i, '');
  const mark = local.indexOf('?');
  return mark < 0 ? [local, ''] : [local.slice(0, mark), local.slice(mark + 1)];
}

/** Reads headers with names in lower case, joins repeated ones by commas, and returns cookies separately. */
function readHeaders(rawHeaders: readonly string[]): {
  headers: Record<string, string>;
  cookies: string[];
} {
  // The object has no prototype, because a header may be named __proto__.
  const headers = Object.create(null) as Record<string, string>;
  const cookies: string[] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase();
    const value = rawHeaders[index + 1] ?? '';
    if (name === 'cookie') cookies.push(...value.split(/; */).filter((cookie) => cookie !== ''));
    else headers[name] = headers[name] === undefined ? value : `${headers[name]},${value}`;
  }
  return { headers, cookies };
}

function readParameters(query: string): Record<string, string> | undefined {
  if (query === '') return undefined;
  const parameters = Object.create(null) as Record<string, string>;
  for (const [name, value] of new URLSearchParams(query)) {
    parameters[name] = parameters[name] === undefined ? value : `${parameters[name]},${value}`;
  }
  return parameters;
}

/** Whether the gateway passes a body of this type as text; it encodes all others in base64. */
function isText(contentType: string | undefined): boolean {
  if (contentType === undefined) return true;
  const type = (contentType.split(';')[0] ?? '').trim().toLowerCase();
  return (
    type.startsWith('text/') ||
    ['application/json', 'application/javascript', 'application/xml'].includes(type) ||
    /^application\/.+\+(json|xml)$/.test(type)
  );
}

/** Formats a time like `06/Aug/2025:12:00:00 +0000`. */
function formatCommonLogTime(time: Date): string {
  const [, day, month, year, clock] = time.toUTCString().split(' ');
  return `${day ?? ''}/${month ?? ''}/${year ?? ''}:${clock ?? ''} +0000`;
}
