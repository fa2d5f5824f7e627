/** What the stack serves for itself at `/_local` and below it. It is no part of what is deployed. */
import type { ControlHandler } from './gateway/local-routes.ts';
import type { PermissionsReport } from './iam/permissions.ts';
import type { Issuer } from './issuer.ts';
import type { ScheduledRun } from './schedules.ts';
import { statusHandler } from './status/handler.ts';
import type { Status } from './status/status.ts';

/** What can be asked of a stack that runs, by a program or at `/_local`. */
export interface ControlledStack {
  /** Base URL of the API, without a slash at its end. */
  readonly url: string;
  /** Names of the tables by logical id. */
  readonly tables: Readonly<Record<string, string>>;
  /** URLs of the queues by logical id. */
  readonly queues: Readonly<Record<string, string>>;
  /** Names of the functions by logical id. */
  readonly functions: Readonly<Record<string, string>>;
  /** The outputs of the template. */
  readonly outputs: Readonly<Record<string, string>>;
  /** The emulators themselves, where nothing is checked. */
  readonly endpoints: { readonly dynamodb: string; readonly sqs: string };
  /** What the policies of the template grant, how often it was used so far, and which calls were denied. */
  permissions(): PermissionsReport;
  /** Runs every schedule now; resolves when all have finished. */
  runSchedules(): Promise<ScheduledRun[]>;
}

/**
 * - `GET jwks.json`: the public key of the local issuer
 * - `GET info`: names and addresses of everything that runs
 * - `GET permissions`: what the roles grant, how often it was used, and which calls were denied
 * - `POST schedules/run`: runs every schedule now, answers when all have finished
 * - the status page and what it reads
 * @param stack undefined while the stack starts
 */
export function controlHandler(
  issuer: Issuer,
  status: Status,
  stack: () => ControlledStack | undefined,
): ControlHandler {
  const statusPage = statusHandler(status);
  return async (method, path, query) => {
    if (method === 'GET' && path === 'jwks.json') return issuer.jwks;
    const running = stack();
    if (running === undefined) return statusPage(method, path, query);
    if (method === 'GET' && path === 'info') {
      const { url, tables, queues, functions, outputs, endpoints } = running;
      return { url, tables, queues, functions, outputs, endpoints };
    }
    if (method === 'GET' && path === 'permissions') return running.permissions();
    if (method === 'POST' && path === 'schedules/run') return { runs: await running.runSchedules() };
    return statusPage(method, path, query);
  };
}
