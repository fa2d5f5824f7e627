/** Describes the operations of the API, one for each route. */
import { type Operation, type Route, ROUTES_OF_ONE_BASE } from '../routes.ts';
import { type Action, transitionOf } from '../../src/domain/actions.ts';
import { describeAction } from '../action-words.ts';
import { JOB_PROGRESS } from '../header-names.ts';
import { SCOPE_OF } from '../scopes.ts';
import type { Examples } from './examples.ts';
import { headerReferences, TRACE } from './headers.ts';
import { parameterReference, pathParameterReference } from './parameters.ts';
import { jsonContent, JOB_CREATED, REFUSALS } from './responses.ts';
import { askedOf } from './scenario.ts';
import { type JsonObject, schemaReference } from './schemas.ts';

export const FIELDING_RUNS_TAG = 'fielding runs';

/** Describes every path once; the servers of the description add the prefixes. */
export function paths(examples: Examples): Record<string, JsonObject> {
  return Object.fromEntries(
    ROUTES_OF_ONE_BASE.map((route) => [
      route.path,
      {
        parameters: [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) =>
          pathParameterReference(name),
        ),
        [route.method.toLowerCase()]: operation(route, examples),
      },
    ]),
  );
}

function operation(route: Route, examples: Examples): JsonObject {
  switch (route.operation) {
    case 'createJob':
      return createJob(route.action);
    case 'getJob':
      return getJob(route.path, route.action, examples);
    case 'getFieldingRuns':
      return getFieldingRuns(examples);
  }
}

function createJob(action: Action): JsonObject {
  return {
    operationId: `create${capital(action)}Job`,
    tags: [action],
    summary: `${capital(action)} the fielding runs of target groups`,
    description: describeAction(action),
    security: needs('createJob'),
    parameters: [
      parameterReference('IdempotencyKey'),
      parameterReference('CintApiVersion'),
      ...TRACE_PARAMETERS,
    ],
    requestBody: {
      required: true,
      content: {
        'application/json': { schema: { $ref: schemaReference('CreateJob') }, example: askedOf(action) },
      },
    },
    responses: { '201': JOB_CREATED, ...REFUSALS },
  };
}

/** Describes one of a job's two addresses: the short one in `Location`, or the one below its collection. */
function getJob(path: string, action: Action, examples: Examples): JsonObject {
  const long = path.includes(transitionOf(action).collection);
  const shown = { [`${action}Ended`]: 'Ended', ...(action === 'resume' && { processing: 'Under way' }) };
  return {
    operationId: `get${capital(action)}Job${long ? 'ByCollection' : ''}`,
    tags: [action],
    summary: `Follow a ${action} job${long ? ', below its collection' : ''}`,
    description: long
      ? 'The same resource as at the address that `Location` names.'
      : 'Poll every few seconds until `status` is not `Processing`. A job that has ended does not change any more.',
    security: needs('getJob'),
    parameters: TRACE_PARAMETERS,
    responses: {
      '200': {
        description: 'The job with its outcomes.',
        headers: { ...headerReferences({ [JOB_PROGRESS]: 'JobProgress' }), ...TRACE },
        content: jsonContent({ $ref: schemaReference('Job') }, examples, long ? {} : shown),
      },
      ...REFUSALS,
    },
  };
}

function getFieldingRuns(examples: Examples): JsonObject {
  return {
    operationId: 'getFieldingRuns',
    tags: [FIELDING_RUNS_TAG],
    summary: 'Read the fielding run of a target group',
    description: 'A list of one: a target group has one fielding run.',
    security: needs('getFieldingRuns'),
    parameters: TRACE_PARAMETERS,
    responses: {
      '200': {
        description: 'The fielding run.',
        headers: TRACE,
        content: jsonContent({ $ref: schemaReference('FieldingRuns') }, examples, {
          fieldingRuns: 'After it was resumed',
        }),
      },
      ...REFUSALS,
    },
  };
}

const TRACE_PARAMETERS = [parameterReference('Traceparent'), parameterReference('Tracestate')];

function needs(operation: Operation): JsonObject[] {
  return [{ bearerToken: [SCOPE_OF[operation]] }];
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
