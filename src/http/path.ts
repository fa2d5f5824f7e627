/** Reads the tenant, the ids and the action from a path of the contract. */
import { findActionInPath } from '../../api/paths.ts';
import type { PathParameter } from '../../api/routes.ts';
import type { Action } from '../domain/actions.ts';
import { type Fault, InvalidRequestError, RouteNotFoundError } from '../domain/errors.ts';
import { ID_FORMAT, MAX_ACCOUNT_ID, type Tenant, isId, parseAccountId } from '../domain/ids.ts';
import type { Subject } from '../ports/journal.ts';
import { makeFault } from './invalid-param.ts';
import type { ApiRequest } from './message.ts';

/** The path parameters that a route may have besides the tenant's. */
type IdParameter = Exclude<PathParameter, 'account_id' | 'project_id'>;

/**
 * Reads the tenant and the id of a path.
 *
 * @param parameter the id parameter of the route besides the tenant's, if it has one
 * @throws InvalidRequestError that lists every fault of the path
 */
export function parsePath(path: ApiRequest['path'], parameter?: IdParameter): { tenant: Tenant; id: string } {
  const faults: Fault[] = [];
  const readId = (name: PathParameter): string => {
    const value = path[name];
    if (isId(value)) return value;
    faults.push(makeFault(name, ID_FORMAT, value));
    return '';
  };
  const accountId = parseAccountId(path.account_id ?? '');
  if (accountId === undefined) {
    faults.push(makeFault('account_id', `an integer from 1 to ${MAX_ACCOUNT_ID}`, path.account_id));
  }
  const projectId = readId('project_id');
  const id = parameter === undefined ? '' : readId(parameter);
  if (accountId === undefined || faults.length > 0) throw new InvalidRequestError(faults);
  return { tenant: { accountId, projectId }, id };
}

/**
 * Reads the action of a batch-jobs route.
 *
 * @param routeKey the contract's route, e.g. `GET /demand/…/batch-jobs/resume/{job_id}`
 * @throws RouteNotFoundError when the route has no action
 */
export function readAction(routeKey: string): Action {
  const action = findActionInPath(routeKey);
  if (action === undefined) throw new RouteNotFoundError('The route names no action.', { routeKey });
  return action;
}

/** Reads what a request is about, for reports. The path is not checked yet: malformed ids are left out. */
export function readSubject({ routeKey, path }: ApiRequest): Subject {
  const accountId = parseAccountId(path.account_id ?? '');
  const { project_id: projectId, job_id: jobId } = path;
  const action = findActionInPath(routeKey);
  return {
    ...(accountId !== undefined && { accountId }),
    ...(isId(projectId) && { projectId }),
    ...(action !== undefined && { action }),
    ...(isId(jobId) && { jobId }),
  };
}
