/**
 * Makes and reads the paths of the contract. With parameters, ids or regular expressions in the place of the
 * ids, the same function makes a route, an address or a pattern.
 */
import { ACTIONS, ACTION_NAMES, type Action } from '../src/domain/actions.ts';
import { isId, parseAccountId, type Tenant } from '../src/domain/ids.ts';

/**
 * The prefixes of every path. Both are served, so that a client finds its job whether it resolves `Location`
 * or appends it to a base URL that ends in /v1.
 */
export const BASES = ['', '/v1'] as const;

/** The start of every path, after its prefix. */
export const ROOT = '/demand';

/** A tenant, or placeholders for its ids. */
interface Project {
  readonly accountId: number | string;
  readonly projectId: string;
}

/** A regular expression for one segment. */
type Pattern = `(${string})`;

/** What every path of a project begins with. */
export function makeProjectPath({ accountId, projectId }: Project): string {
  return `${ROOT}/accounts/${accountId}/projects/${projectId}`;
}

/** Makes the path that creates jobs of an action. A job can also be read below it. */
export function makeCollectionPath(project: Project, action: Action): string {
  return `${makeProjectPath(project)}/batch-jobs/${ACTIONS[action].collection}`;
}

/** Makes the path of a job, as `Location` has it. */
export function makeJobPath(project: Project, action: Action | Pattern, jobId: string): string {
  return `${makeProjectPath(project)}/batch-jobs/${action}/${jobId}`;
}

export function makeFieldingRunsPath(project: Project, targetGroupId: string): string {
  return `${makeProjectPath(project)}/target-groups/${targetGroupId}/fielding-runs`;
}

/** Finds the action in the path of a job or of a collection. */
export function findActionInPath(path: string): Action | undefined {
  return findActionOfSegment(/\/batch-jobs\/([^/]+)/.exec(path)?.[1]);
}

/** Finds the action that a segment names by its collection or its short name. */
function findActionOfSegment(segment: string | undefined): Action | undefined {
  return ACTION_NAMES.find((name) => segment === name || segment === ACTIONS[name].collection);
}

/** Finds the id of the job that a path ends with. */
export function findJobIdInPath(path: string): string | undefined {
  const [, jobId] = /\/batch-jobs\/[^/]+\/([^/]+)$/.exec(path) ?? [];
  return isId(jobId) ? jobId : undefined;
}

/**
 * Reads the path of a job, short or below its collection, with any prefix.
 *
 * @returns undefined when it is not the path of a job
 */
export function readJobPath(path: string): (Tenant & { action: Action; jobId: string }) | undefined {
  const any = '([^/]+)';
  const pattern = new RegExp(`${makeJobPath({ accountId: any, projectId: any }, any, any)}$`);
  const [, account = '', projectId, segment, jobId] = pattern.exec(path) ?? [];
  const accountId = parseAccountId(account);
  const action = findActionOfSegment(segment);
  if (accountId === undefined || !isId(projectId) || action === undefined || !isId(jobId)) return undefined;
  return { accountId, projectId, action, jobId };
}
