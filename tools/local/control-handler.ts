/** Serves the stack's own routes below `/_local`, which are not part of the deployed API. */
import type { ControlHandler } from './gateway/local-routes.ts';
import type { PermissionsReport } from './iam/permissions.ts';
import type { Issuer } from './issuer.ts';
import type { ScheduledRun } from './schedule-runner.ts';
import { makeStatusHandler } from './status/status-handler.ts';
import type { Status } from './status/status.ts';

/** Describes and controls a running stack, for tests and for the routes below `/_local`. */
export interface ControlledStack {
  /** Where the stack listens, without a trailing slash. Its own routes are below it. */
  readonly url: string;
  /** Base URL of the API: the same, with the base path if the API has one. */
  readonly apiUrl: string;
  /** Names of the tables by logical id. */
  readonly tables: Readonly<Record<string, string>>;
  /** URLs of the queues by logical id. */
  readonly queues: Readonly<Record<string, string>>;
  /** Names of the functions by logical id. */
  readonly functions: Readonly<Record<string, string>>;
  /** The outputs of the template. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Addresses of the emulators themselves, where no permissions are checked. */
  readonly endpoints: { readonly dynamodb: string; readonly sqs: string };
  /** Reports the template's grants, how often each was used so far, and the denied calls. */
  reportPermissions(): PermissionsReport;
  /** Runs every schedule now; resolves when all have finished. */
  runSchedules(): Promise<ScheduledRun[]>;
}

/**
 * Handles the routes below `/_local`:
 * - `GET jwks.json`: the public key of the local issuer
 * - `GET info`: names and addresses of all resources of the stack
 * - `GET permissions`: the grants, how often each was used, and the denied calls
 * - `POST schedules/run`: runs every schedule now and answers when all have finished
 * - the status page and its data
 * @param stack returns undefined while the stack starts
 */
export function makeControlHandler(
  issuer: Issuer,
  status: Status,
  stack: () => ControlledStack | undefined,
): ControlHandler {
  const statusPage = makeStatusHandler(status);
  return async (method, path, query) => {
    if (method === 'GET' && path === 'jwks.json') return issuer.jwks;
    const running = stack();
    if (running === undefined) return statusPage(method, path, query);
    if (method === 'GET' && path === 'info') {
      const { url, apiUrl, tables, queues, functions, outputs, endpoints } = running;
      return { url, apiUrl, tables, queues, functions, outputs, endpoints };
    }
    if (method === 'GET' && path === 'permissions') return running.reportPermissions();
    if (method === 'POST' && path === 'schedules/run') return { runs: await running.runSchedules() };
    return statusPage(method, path, query);
  };
}
