/** Describes the operations of the API, one for each route. */
import { type Operation, type Route, ROUTES_OF_ONE_BASE } from '../routes.ts';
import { type Action, getTransition } from '../../src/domain/actions.ts';
import { describeAction } from '../action-words.ts';
import { JOB_PROGRESS } from '../header-names.ts';
import { SCOPE_OF } from '../scopes.ts';
import type { Examples } from './examples.ts';
import { makeHeaderReferences, TRACE_HEADERS } from './headers.ts';
import { makeParameterReference, makePathParameterReference } from './parameters.ts';
import { CREATE_REFUSALS, makeJsonContent, JOB_CREATED, READ_REFUSALS } from './responses.ts';
import { makeSampleBody } from './scenario.ts';
import { type JsonObject, makeSchemaReference } from './component-schemas.ts';

export const FIELDING_RUNS_TAG = 'fielding runs';

/** The field of an operation that names the scope that its token needs. */
export const REQUIRED_SCOPE = 'x-required-scope';

/** Describes every path once; the servers of the description add the prefixes. */
export function describePaths(examples: Examples): Record<string, JsonObject> {
  return Object.fromEntries(
    ROUTES_OF_ONE_BASE.map((route) => [
      route.path,
      {
        parameters: [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) =>
          makePathParameterReference(name),
        ),
        [route.method.toLowerCase()]: describeOperation(route, examples),
      },
    ]),
  );
}

function describeOperation(route: Route, examples: Examples): JsonObject {
  switch (route.operation) {
    case 'createJob':
      return describeCreateJob(route.action);
    case 'getJob':
      return describeGetJob(route.path, route.action, examples);
    case 'getFieldingRuns':
      return describeGetFieldingRuns(examples);
  }
}

function describeCreateJob(action: Action): JsonObject {
  return {
    operationId: `create${capitalize(action)}Job`,
    tags: [action],
    summary: `${capitalize(action)} the fielding runs of target groups`,
    description: describeAction(action),
    ...requireScope('createJob'),
    parameters: [
      makeParameterReference('IdempotencyKey'),
      makeParameterReference('CintApiVersion'),
      ...TRACE_PARAMETERS,
    ],
    requestBody: {
      required: true,
      content: {
        'application/json': {
          schema: { $ref: makeSchemaReference('CreateJob') },
          example: makeSampleBody(action),
        },
      },
    },
    responses: { '201': JOB_CREATED, ...CREATE_REFUSALS },
  };
}

/** Describes one of a job's two addresses: the short one in `Location`, or the one below its collection. */
function describeGetJob(path: string, action: Action, examples: Examples): JsonObject {
  const long = path.includes(getTransition(action).collection);
  const exampleTitles = {
    [`${action}Ended`]: 'Ended',
    ...(action === 'resume' && { processing: 'Under way' }),
  };
  return {
    operationId: `get${capitalize(action)}Job${long ? 'ByCollection' : ''}`,
    tags: [action],
    summary: `Follow a ${action} job${long ? ', below its collection' : ''}`,
    description: long
      ? 'The same resource as at the address that `Location` names.'
      : 'Poll every few seconds until `status` is not `Processing`. A job that has ended does not change any more.',
    ...requireScope('getJob'),
    parameters: TRACE_PARAMETERS,
    responses: {
      '200': {
        description: 'The job with its outcomes.',
        headers: { ...makeHeaderReferences({ [JOB_PROGRESS]: 'JobProgress' }), ...TRACE_HEADERS },
        content: makeJsonContent({ $ref: makeSchemaReference('Job') }, examples, long ? {} : exampleTitles),
      },
      ...READ_REFUSALS,
    },
  };
}

function describeGetFieldingRuns(examples: Examples): JsonObject {
  return {
    operationId: 'getFieldingRuns',
    tags: [FIELDING_RUNS_TAG],
    summary: 'Read the fielding run of a target group',
    description: 'A list of one: a target group has one fielding run.',
    ...requireScope('getFieldingRuns'),
    parameters: TRACE_PARAMETERS,
    responses: {
      '200': {
        description: 'The fielding run.',
        headers: TRACE_HEADERS,
        content: makeJsonContent({ $ref: makeSchemaReference('FieldingRuns') }, examples, {
          fieldingRuns: 'After it was resumed',
        }),
      },
      ...READ_REFUSALS,
    },
  };
}

const TRACE_PARAMETERS = [makeParameterReference('Traceparent'), makeParameterReference('Tracestate')];

/** The scope stands beside `security`: Spectral, like OpenAPI 3.0, allows scopes there for OAuth alone. */
function requireScope(operation: Operation): JsonObject {
  return { security: [{ bearerToken: [] }], [REQUIRED_SCOPE]: SCOPE_OF[operation] };
}

function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
