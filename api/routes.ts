/** The routes of the HTTP API, in one list: what each method and path leads to. */
import { ACTION_NAMES, type Action } from '../src/domain/actions.ts';
import { BASES, collectionPath, fieldingRunsPath, jobPath } from './paths.ts';

/** What stands for the ids in a route, in API Gateway's form. */
const IDS = {
  accountId: '{account_id}',
  projectId: '{project_id}',
  jobId: '{job_id}',
  targetGroupId: '{target_group_id}',
} as const;

type NameIn<Placeholder> = Placeholder extends `{${infer Name}}` ? Name : never;

/** A parameter of a route. */
export type PathParameter = NameIn<(typeof IDS)[keyof typeof IDS]>;

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

/** What can be asked of the API. */
export type Operation = Route['operation'];

/** Every route once. */
export const ROUTES_OF_ONE_BASE: readonly Route[] = [
  ...ACTION_NAMES.flatMap(actionRoutes),
  { method: 'GET', path: fieldingRunsPath(IDS, IDS.targetGroupId), operation: 'getFieldingRuns' },
];

/** Every route with each base. All else is answered by the catch-all route. */
export const ROUTES: readonly Route[] = BASES.flatMap((base) =>
  ROUTES_OF_ONE_BASE.map((route) => ({ ...route, path: base + route.path })),
);

function actionRoutes(action: Action): JobRoute[] {
  const collection = collectionPath(IDS, action);
  return [
    { method: 'POST', path: collection, operation: 'createJob', action },
    { method: 'GET', path: `${collection}/${IDS.jobId}`, operation: 'getJob', action },
    { method: 'GET', path: jobPath(IDS, action, IDS.jobId), operation: 'getJob', action },
  ];
}
