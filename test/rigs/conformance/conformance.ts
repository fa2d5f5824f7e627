/** Checks requests and their answers against docs/openapi.yaml, and lists every contradiction (ADR 25). */
import { REQUIRED_SCOPE } from '../../../api/openapi/operations.ts';
import { parseJson } from '../../../tools/kit/json.ts';
import { splitTarget } from '../../../tools/local/gateway/event.ts';
import { Router } from '../../../tools/local/gateway/router.ts';
import {
  type Document,
  type Header,
  type Operation,
  type Parameter,
  readDescription,
  type Reference,
  resolve,
  type Response,
  type Responses,
} from './read-description.ts';
import { SchemaCheck } from './schema-check.ts';

export interface Exchange {
  readonly method: string;
  /** The target of the request line; its query is ignored. */
  readonly path: string;
  /** Header names in any case. If this is undefined, only the answer is checked. */
  readonly headers: Readonly<Record<string, string>> | undefined;
  readonly body?: string | Uint8Array | undefined;
  /** Whether the request may be invalid HTTP: the gateway may then refuse it with any 4xx. */
  readonly broken?: boolean;
  readonly answer: Answer;
}

export interface Answer {
  readonly status: number;
  /** Header names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
}

interface Endpoint {
  /** Method and path, as the router reads them. */
  readonly key: string;
  readonly operation: Operation;
  readonly parameters: readonly Parameter[];
}

/** Headers of HTTP and of the gateway, which are no part of the contract. */
const HTTP_HEADERS = new Set([
  'apigw-requestid',
  'connection',
  'content-length',
  'content-type',
  'date',
  'keep-alive',
  'transfer-encoding',
]);

/** Statuses that an unknown route does not answer, because it requires no token and reads no body. */
const NEVER_OF_UNKNOWN_ROUTES = /^(2..|401|403|415)$/;

export class Conformance {
  readonly #document: Document;
  readonly #schemas: SchemaCheck;
  readonly #router: Router<Endpoint>;
  readonly #unknown: Responses;

  constructor(document: Document = readDescription()) {
    this.#document = document;
    this.#schemas = new SchemaCheck(document);
    const endpoints = listEndpoints(document);
    this.#router = new Router(endpoints);
    this.#unknown = Object.fromEntries(
      Object.entries(endpoints[0]?.operation.responses ?? {}).filter(
        ([status]) => !NEVER_OF_UNKNOWN_ROUTES.test(status),
      ),
    );
  }

  /** Lists everything in an exchange that contradicts the description, each with a JSON pointer into it. */
  findComplaints(exchange: Exchange): string[] {
    const { method, path, answer } = exchange;
    const match = this.#router.match(method, splitTarget(path)[0]);
    const responses = match?.route.operation.responses ?? this.#unknown;
    const complaints = this.#checkAnswer(exchange, responses[String(answer.status)]);
    if (match !== undefined && exchange.headers !== undefined) {
      complaints.push(...this.#checkRequest(exchange, match.route, match.pathParameters));
    }
    return complaints;
  }

  #checkAnswer({ method, broken, answer }: Exchange, described: Responses[string] | undefined): string[] {
    const { status, headers, text } = answer;
    // An answer to HEAD has no body: the missing trace header shows that the gateway answered.
    const gateways = method === 'HEAD' ? !headers.has('traceparent') : this.#isGatewayMessage(text);
    if (broken === true && gateways && status >= 400 && status < 500) return [];
    if (described === undefined) return [`/status: ${status} is not described`];
    const response = resolve<Response>(this.#document, described);
    const complaints = this.#checkHeaders(response, headers, gateways);
    if (method === 'HEAD') return complaints;
    if (response.content === undefined) {
      return text === '' ? complaints : [...complaints, `/body: ${text.length} characters, expected none`];
    }
    const type = headers.get('content-type') ?? 'none';
    const schema = response.content[type]?.schema;
    if (schema === undefined) return [...complaints, `/headers/content-type: ${type} is not described`];
    const body = parseJson(text);
    if (body === undefined) return [...complaints, '/body: no JSON'];
    const fault = this.#schemas.findFault(schema, body);
    return fault === undefined ? complaints : [...complaints, `/body${fault}`];
  }

  #checkHeaders(response: Response, sent: Answer['headers'], gateways: boolean): string[] {
    const complaints: string[] = [];
    const described = new Set(HTTP_HEADERS);
    for (const [name, reference] of Object.entries(response.headers ?? {})) {
      const header = resolve<Header>(this.#document, reference);
      described.add(name);
      const value = sent.get(name);
      const fault = value === undefined ? undefined : this.#schemas.findFault(header.schema, value);
      const needed = header.required === true || (isSetByFunctions(reference) && !gateways);
      if (value === undefined && needed) complaints.push(`/headers/${name}: is missing`);
      if (fault !== undefined) complaints.push(`/headers/${name}${fault}`);
    }
    for (const name of sent.keys()) {
      if (!described.has(name)) complaints.push(`/headers/${name}: is not described`);
    }
    return complaints;
  }

  /** Checks that an accepted request is valid by the description, and has a token with the scope. */
  #checkRequest(
    exchange: Exchange,
    { operation, parameters }: Endpoint,
    path: Readonly<Record<string, string>>,
  ): string[] {
    const { status } = exchange.answer;
    // Any request may be refused, also with a 503 before it is read. An expensive body is not parsed again.
    if ((status >= 400 && status <= 499) || status === 503) return [];
    const headers = new Map(
      Object.entries(exchange.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value.trim()]),
    );
    const complaints: string[] = [];
    const faults = [
      ...parameters.flatMap((parameter) => {
        const { name } = parameter;
        const value = parameter.in === 'path' ? path[name] : headers.get(name.toLowerCase());
        return this.#findParameterFault(parameter, value);
      }),
      ...this.#findBodyFault(operation, exchange.body),
    ];
    if (faults.length > 0) {
      complaints.push(`${status}, though the request is not valid: ${faults.join('; ')}`);
    }
    const needed = operation[REQUIRED_SCOPE];
    const given = readScopes(headers.get('authorization'));
    if (status < 400 && !given.includes(needed)) complaints.push(`${status} without the scope ${needed}`);
    return complaints;
  }

  #findParameterFault({ name, in: place, required, schema }: Parameter, value: string | undefined): string[] {
    if (value === undefined) return required === true ? [`/${place}/${name}: is missing`] : [];
    const fault = this.#schemas.findFault(schema, schema['type'] === 'integer' ? parseInteger(value) : value);
    return fault === undefined ? [] : [`/${place}/${name}${fault}`];
  }

  #findBodyFault({ requestBody }: Operation, body: Exchange['body']): string[] {
    const schema = Object.values(requestBody?.content ?? {})[0]?.schema;
    if (schema === undefined) return [];
    const text = typeof body === 'string' ? body : decodeUtf8(body);
    const value = text === undefined ? undefined : parseJson(text.replace(/^\ufeff/, ''));
    if (value === undefined) return ['/body: no JSON'];
    const fault = this.#schemas.findFault(schema, value);
    return fault === undefined ? [] : [`/body${fault}`];
  }

  #isGatewayMessage(text: string): boolean {
    if (!text.startsWith('{"message"')) return false;
    const schema = this.#document.components.schemas['GatewayMessage'];
    return schema !== undefined && this.#schemas.findFault(schema, parseJson(text)) === undefined;
  }
}

function listEndpoints(document: Document): Endpoint[] {
  return document.servers.flatMap(({ url }) =>
    Object.entries(document.paths).flatMap(([path, item]) =>
      (['get', 'post'] as const).flatMap((method) => {
        const operation = item[method];
        if (operation === undefined) return [];
        const parameters = [...item.parameters, ...operation.parameters].map((each) =>
          resolve<Parameter>(document, each),
        );
        return [{ key: `${method.toUpperCase()} ${url.replace(/\/$/, '')}${path}`, operation, parameters }];
      }),
    ),
  );
}

/** Whether the header is required unless the gateway answers: both can answer with this status. */
function isSetByFunctions(header: Header | Reference): boolean {
  return '$ref' in header && header.$ref.endsWith('UnlessGateway');
}

function parseInteger(text: string): unknown {
  return /^(0|[1-9]\d*)$/.test(text) ? Number(text) : text;
}

function decodeUtf8(body: Uint8Array | undefined): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    return undefined;
  }
}

/** Reads the scopes of a bearer token, without verifying its signature. */
function readScopes(authorization = ''): string[] {
  const payload = decodeUtf8(Buffer.from(authorization.split('.')[1] ?? '', 'base64url')) ?? '';
  const claims = parseJson(payload) as { scope?: unknown } | undefined;
  const { scope } = claims ?? {};
  if (typeof scope === 'string') return scope.split(' ');
  return Array.isArray(scope) ? scope.filter((each) => typeof each === 'string') : [];
}
