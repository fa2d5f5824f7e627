/**
 * The paths of the contract, each written once. What stands for the ids makes a route of it (parameters), an
 * address (ids) or a pattern (regular expressions).
 */
import { ACTIONS, ACTION_NAMES, type Action } from '../src/domain/actions.ts';
import { isId, parseAccountId, type Tenant } from '../src/domain/ids.ts';

/**
 * What may stand before every path: both, so that a client finds its job whether it resolves `Location` or
 * appends it to a base URL with /v1.
 */
export const BASES = ['', '/v1'] as const;

/** What every path begins with, after its base. */
export const ROOT = '/demand';

/** A tenant, or what stands for one. */
interface Project {
  readonly accountId: number | string;
  readonly projectId: string;
}

/** A regular expression for one segment. */
type Pattern = `(${string})`;

function projectPath({ accountId, projectId }: Project): string {
  return `${ROOT}/accounts/${accountId}/projects/${projectId}`;
}

/** Where jobs of an action are created. Each can be read below it, too. */
export function collectionPath(project: Project, action: Action): string {
  return `${projectPath(project)}/batch-jobs/${ACTIONS[action].collection}`;
}

/** The address of a job, as `Location` gives it. */
export function jobPath(project: Project, action: Action | Pattern, jobId: string): string {
  return `${projectPath(project)}/batch-jobs/${action}/${jobId}`;
}

export function fieldingRunsPath(project: Project, targetGroupId: string): string {
  return `${projectPath(project)}/target-groups/${targetGroupId}/fielding-runs`;
}

/** The action of a path, with a job behind it or not. */
export function actionInPath(path: string): Action | undefined {
  return actionOfSegment(/\/batch-jobs\/([^/]+)/.exec(path)?.[1]);
}

/** A segment names an action by its collection or its short name. */
function actionOfSegment(segment: string | undefined): Action | undefined {
  return ACTION_NAMES.find((name) => segment === name || segment === ACTIONS[name].collection);
}

/** The job that a path ends with, whatever else is in it. */
export function jobIdInPath(path: string): string | undefined {
  const [, jobId] = /\/batch-jobs\/[^/]+\/([^/]+)$/.exec(path) ?? [];
  return isId(jobId) ? jobId : undefined;
}

/**
 * Reads the address of a job, short or below its collection, whatever its base.
 *
 * @returns undefined when it is none
 */
export function readJobPath(path: string): (Tenant & { action: Action; jobId: string }) | undefined {
  const any = '([^/]+)';
  const pattern = new RegExp(`${jobPath({ accountId: any, projectId: any }, any, any)}$`);
  const [, account = '', projectId, segment, jobId] = pattern.exec(path) ?? [];
  const accountId = parseAccountId(account);
  const action = actionOfSegment(segment);
  if (accountId === undefined || !isId(projectId) || action === undefined || !isId(jobId)) return undefined;
  return { accountId, projectId, action, jobId };
}
