/** Lists the routes of the HTTP API: the operation of each method and path. */
import { ACTION_NAMES, type Action } from '../src/domain/actions.ts';
import { BASES, makeCollectionPath, makeFieldingRunsPath, makeJobPath } from './paths.ts';

/** Placeholders for the ids of a path, in API Gateway's syntax. */
const PLACEHOLDERS = {
  accountId: '{account_id}',
  projectId: '{project_id}',
  jobId: '{job_id}',
  targetGroupId: '{target_group_id}',
} as const;

type PlaceholderName<Placeholder> = Placeholder extends `{${infer Name}}` ? Name : never;

/** The name of a path parameter. */
export type PathParameter = PlaceholderName<(typeof PLACEHOLDERS)[keyof typeof PLACEHOLDERS]>;

interface JobRoute {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly operation: 'createJob' | 'getJob';
  readonly action: Action;
}

interface FieldingRunsRoute {
  readonly method: 'GET';
  readonly path: string;
  readonly operation: 'getFieldingRuns';
}

export type Route = JobRoute | FieldingRunsRoute;

/** The operations of the API. */
export type Operation = Route['operation'];

/** Every route without a prefix. */
export const ROUTES_OF_ONE_BASE: readonly Route[] = [
  ...ACTION_NAMES.flatMap(makeActionRoutes),
  {
    method: 'GET',
    path: makeFieldingRunsPath(PLACEHOLDERS, PLACEHOLDERS.targetGroupId),
    operation: 'getFieldingRuns',
  },
];

/** Every route with each prefix. The catch-all route answers all other requests. */
export const ROUTES: readonly Route[] = BASES.flatMap((base) =>
  ROUTES_OF_ONE_BASE.map((route) => ({ ...route, path: base + route.path })),
);

function makeActionRoutes(action: Action): JobRoute[] {
  const collection = makeCollectionPath(PLACEHOLDERS, action);
  return [
    { method: 'POST', path: collection, operation: 'createJob', action },
    { method: 'GET', path: `${collection}/${PLACEHOLDERS.jobId}`, operation: 'getJob', action },
    {
      method: 'GET',
      path: makeJobPath(PLACEHOLDERS, action, PLACEHOLDERS.jobId),
      operation: 'getJob',
      action,
    },
  ];
}
