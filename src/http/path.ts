/** Reads a path of the contract: the tenant, the ids and the action that it names. */
import { actionInPath } from '../../api/paths.ts';
import type { PathParameter } from '../../api/routes.ts';
import type { Action } from '../domain/actions.ts';
import { type Fault, InvalidRequestError, RouteNotFoundError } from '../domain/errors.ts';
import { ID_FORMAT, MAX_ACCOUNT_ID, type Tenant, isId, parseAccountId } from '../domain/ids.ts';
import type { Subject } from '../ports/journal.ts';
import { fault } from './faults.ts';
import type { ApiRequest } from './message.ts';

/** The parameters beside the tenant that a route may have. */
type IdParameter = Exclude<PathParameter, 'account_id' | 'project_id'>;

/**
 * @param parameter the id that the route has beside the tenant, if it has one
 * @throws InvalidRequestError that lists every fault of the path
 */
export function parsePath(path: ApiRequest['path'], parameter?: IdParameter): { tenant: Tenant; id: string } {
  const faults: Fault[] = [];
  const readId = (name: PathParameter): string => {
    const value = path[name];
    if (isId(value)) return value;
    faults.push(fault(name, ID_FORMAT, value));
    return '';
  };
  const accountId = parseAccountId(path.account_id ?? '');
  if (accountId === undefined) {
    faults.push(fault('account_id', `an integer from 1 to ${MAX_ACCOUNT_ID}`, path.account_id));
  }
  const projectId = readId('project_id');
  const id = parameter === undefined ? '' : readId(parameter);
  if (accountId === undefined || faults.length > 0) throw new InvalidRequestError(faults);
  return { tenant: { accountId, projectId }, id };
}

/**
 * The action that a batch-jobs route belongs to.
 *
 * @param routeKey as the gateway matched it, e.g. `GET /demand/…/batch-jobs/resume/{job_id}`
 * @throws RouteNotFoundError when the route names none
 */
export function actionOf(routeKey: string): Action {
  const action = actionInPath(routeKey);
  if (action === undefined) throw new RouteNotFoundError('The route names no action.', { routeKey });
  return action;
}

/** What a request is about, as far as its path says so in good form: for reports, before anything is checked. */
export function subjectOf({ routeKey, path }: ApiRequest): Subject {
  const accountId = parseAccountId(path.account_id ?? '');
  const { project_id: projectId, job_id: jobId } = path;
  const action = actionInPath(routeKey);
  return {
    ...(accountId !== undefined && { accountId }),
    ...(isId(projectId) && { projectId }),
    ...(action !== undefined && { action }),
    ...(isId(jobId) && { jobId }),
  };
}
