/** The routes of the HTTP API, in one list: what each method and path leads to. */
import { ACTIONS } from '../src/domain/actions.ts';

/** Both, so that a client finds its job whether it resolves `Location` or appends it to a base URL with /v1. */
const PREFIXES = ['/demand', '/v1/demand'];

const PROJECT = '/accounts/{account_id}/projects/{project_id}';

export interface Route {
  readonly method: 'GET' | 'POST';
  /** In API Gateway's form, parameters in braces. */
  readonly path: string;
  readonly function: 'create-job' | 'get-job' | 'get-fielding-runs';
}

/** Every route with both prefixes. All else is answered by the catch-all route. */
export const ROUTES: readonly Route[] = PREFIXES.flatMap((prefix) => {
  const project = prefix + PROJECT;
  return [
    ...Object.entries(ACTIONS).flatMap(([action, { collection }]) =>
      actionRoutes(project, action, collection),
    ),
    fieldingRunsRoute(project),
  ];
});

function actionRoutes(project: string, action: string, collection: string): Route[] {
  const create = `${project}/batch-jobs/${collection}`;
  return [
    { method: 'POST', path: create, function: 'create-job' },
    { method: 'GET', path: `${create}/{job_id}`, function: 'get-job' },
    { method: 'GET', path: `${project}/batch-jobs/${action}/{job_id}`, function: 'get-job' },
  ];
}

function fieldingRunsRoute(project: string): Route {
  return {
    method: 'GET',
    path: `${project}/target-groups/{target_group_id}/fielding-runs`,
    function: 'get-fielding-runs',
  };
}
