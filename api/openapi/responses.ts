/** Describes the responses, as `components.responses` of the description. */
import type { Examples } from './examples.ts';
import { makeHeaderReferences, TRACE_HEADERS, TRACE_HEADERS_UNLESS_GATEWAY } from './headers.ts';
import { ERROR_OBJECTS, type ErrorStatus, isErrorStatus } from '../error-objects.ts';
import { IDEMPOTENT_REPLAYED } from '../header-names.ts';
import { makeErrorSchemaName, type JsonObject, makeSchemaReference } from './component-schemas.ts';

interface ErrorAnswer {
  readonly component: string;
  readonly description: string;
  /** Names of recorded calls, each with the title of its example. */
  readonly examples?: Readonly<Record<string, string>>;
  /** An example that a stack with demo data never answers, and so none records: its detail. */
  readonly detail?: string;
  /** Names of header components by header, in addition to the trace headers. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Statuses that only API Gateway answers. */
type GatewayStatus = 413 | 431;

/**
 * The refusals by status, of a function or of API Gateway. Every operation may answer each of them, but only
 * those with a body 415.
 */
const REFUSAL_ANSWERS: Readonly<Record<ErrorStatus | GatewayStatus, ErrorAnswer>> = {
  400: {
    component: 'BadRequest',
    description:
      'Path, headers or body are malformed, or the key was used before with other target groups. All faults ' +
      'are listed. The gateway answers with its own body what is no HTTP request.',
    examples: {
      malformed: 'Headers and body',
      malformedPath: 'The path',
      keyReused: 'A key that was used before',
    },
  },
  401: {
    component: 'Unauthorized',
    description: 'No token, or one that does not verify. The answer is the same whatever is wrong with it.',
    examples: { noToken: 'No token' },
    headers: { 'www-authenticate': 'WwwAuthenticate' },
  },
  403: {
    component: 'Forbidden',
    description: 'A good token that does not cover the account, or lacks the scope of the operation.',
    examples: { otherAccount: 'A token of another account' },
  },
  404: {
    component: 'NotFound',
    description:
      'No such project, job, target group or route. What belongs to another account, project or action is not ' +
      'there. A path with a method that it does not have is an unknown route.',
    examples: {
      unknownProject: 'The project',
      unknownJob: 'The job, which is one of another action',
      unknownTargetGroup: 'The target group',
      unknownRoute: 'The route',
    },
  },
  413: {
    component: 'ContentTooLarge',
    description: 'The body is above the limit of the gateway.',
    examples: { largeBody: 'A body of almost 10 MB' },
  },
  415: {
    component: 'UnsupportedMediaType',
    description: 'The body is compressed, or has another content encoding. Send it as it is.',
    headers: { 'accept-encoding': 'AcceptEncoding' },
  },
  429: {
    component: 'TooManyRequests',
    description:
      'The account has too much open work, and nothing was created; or, with the body of the gateway and no ' +
      '`Retry-After`, more requests than the route takes. Repeat after a pause, with the same key.',
    detail:
      'The account has too much open work. Nothing was created. Repeat the request with the same idempotency key ' +
      'later.',
    headers: { 'retry-after': 'RetryAfter' },
  },
  431: {
    component: 'HeadersTooLarge',
    description: 'The headers are above the limit of the gateway.',
  },
  500: {
    component: 'InternalServerError',
    description: 'The fault is on our side. Repeat after a pause, with the same key.',
  },
  503: {
    component: 'ServiceUnavailable',
    description:
      'All accounts together have too much open work, or no token can be verified while its issuer does not ' +
      'answer, and nothing was created; or, with the body of the gateway and no `Retry-After`, no function could ' +
      'answer in time. Repeat after a pause, with the same key.',
    detail:
      'There is more open work than can be carried out in time. Nothing was created. Repeat the request with the ' +
      'same idempotency key later.',
    headers: { 'retry-after': 'RetryAfter' },
  },
};

const GATEWAY_BODY = { $ref: makeSchemaReference('GatewayMessage') };

/** Statuses that both a function and API Gateway may answer. */
const ALSO_FROM_GATEWAY = new Set([400, 429, 500, 503]);

const EXAMPLE_ID = '5d1b2f0e-6c1d-4f5c-9a43-2f6d0c4b7e18';

export const JOB_CREATED: JsonObject = { $ref: '#/components/responses/JobCreated' };

/** References to every refusal of an operation with a body, by status. */
export const CREATE_REFUSALS: Readonly<Record<string, JsonObject>> = Object.fromEntries(
  Object.entries(REFUSAL_ANSWERS).map(([status, { component }]) => [
    status,
    { $ref: `#/components/responses/${component}` },
  ]),
);

/** References to every refusal of an operation without a body, by status. */
export const READ_REFUSALS: Readonly<Record<string, JsonObject>> = Object.fromEntries(
  Object.entries(CREATE_REFUSALS).filter(([status]) => status !== '415'),
);

export function makeComponentResponses(examples: Examples): Record<string, JsonObject> {
  return {
    JobCreated: {
      description:
        'The job is accepted: it will end, and it can be read at once. A repeat of the call is answered alike. ' +
        'The body is empty.',
      headers: {
        ...makeHeaderReferences({ location: 'Location', [IDEMPOTENT_REPLAYED]: 'IdempotentReplayed' }),
        ...TRACE_HEADERS,
      },
    },
    ...Object.fromEntries(
      Object.entries(REFUSAL_ANSWERS).map(([status, answer]) => [
        answer.component,
        describeErrorResponse(Number(status), answer, examples),
      ]),
    ),
  };
}

/**
 * Makes a JSON response.
 * @param exampleTitles titles of the examples, by name of the recorded call
 * @throws Error when an example is not recorded
 */
export function makeJsonContent(
  schema: JsonObject,
  examples: Examples,
  exampleTitles: Readonly<Record<string, string>> = {},
): { readonly 'application/json': JsonObject } {
  const values = Object.entries(exampleTitles).map(([name, summary]) => {
    const example = examples[name];
    if (example === undefined)
      throw new Error(`there is no example ${name}: record it with npm run openapi -- --record`);
    return [name, { summary, value: example.body }] as const;
  });
  return {
    'application/json': { schema, ...(values.length > 0 && { examples: Object.fromEntries(values) }) },
  };
}

function describeErrorResponse(status: number, answer: ErrorAnswer, examples: Examples): JsonObject {
  const own = isErrorStatus(status) ? makeErrorSchemaName(ERROR_OBJECTS[status]) : undefined;
  const both = ALSO_FROM_GATEWAY.has(status);
  const ours = { $ref: makeSchemaReference(own ?? '') };
  const schema = own === undefined ? GATEWAY_BODY : both ? { oneOf: [ours, GATEWAY_BODY] } : ours;
  const traces = both ? TRACE_HEADERS_UNLESS_GATEWAY : TRACE_HEADERS;
  const content = makeJsonContent(schema, examples, answer.examples);
  const { detail } = answer;
  const example =
    own === undefined || detail === undefined
      ? {}
      : { example: { id: EXAMPLE_ID, object: ERROR_OBJECTS[status as ErrorStatus], detail } };
  return {
    description: answer.description,
    ...(own !== undefined && { headers: { ...makeHeaderReferences(answer.headers ?? {}), ...traces } }),
    content: { 'application/json': { ...content['application/json'], ...example } },
  };
}
