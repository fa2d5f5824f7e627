/**
 * Lists the routes of the HTTP API: the operation of each method and path, and the routes of the gateway that
 * serve them.
 */
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

/** Where a route of the gateway has the action: the name of a collection, or of an action. */
const COLLECTION = '{collection}';

export interface GatewayRoute {
  /** Method and path. */
  readonly key: string;
  readonly method: Route['method'];
  readonly path: string;
  readonly operation: Operation;
}

/**
 * The routes of the gateway, each for all actions. A new action adds none, and so no key to the stage's route
 * settings, which could not be taken back (ADR 35).
 */
export const GATEWAY_ROUTES: readonly GatewayRoute[] = [
  ...new Map(
    ROUTES.map(({ method, path: itsPath, operation }): [string, GatewayRoute] => {
      const path = itsPath.replace(/(?<=\/batch-jobs\/)[^/]+/, COLLECTION);
      const key = `${method} ${path}`;
      return [key, { key, method, path, operation }];
    }),
  ).values(),
];

/** The key of the catch-all route. */
export const UNKNOWN_ROUTE = '$default';

export const PREFLIGHT_PATH = '/{proxy+}';

/** The key of the route of preflights, which is there when web pages of other origins may call (ADR 41). */
export const PREFLIGHT_ROUTE = `OPTIONS ${PREFLIGHT_PATH}`;

const KEYS: ReadonlySet<string> = new Set(ROUTES.map(({ method, path }) => `${method} ${path}`));

/**
 * Returns the method and path of the contract that a request was made to: `UNKNOWN_ROUTE` when there is no
 * such action. The value of the parameter is a client's text, and a key contains it only if it is known.
 * @param routeKey the gateway's
 */
export function findRouteKey(
  routeKey: string,
  parameters: Readonly<Record<string, string | undefined>> = {},
): string {
  const { collection } = parameters;
  if (collection === undefined) return routeKey;
  const key = routeKey.replace(COLLECTION, () => collection);
  return KEYS.has(key) ? key : UNKNOWN_ROUTE;
}

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
