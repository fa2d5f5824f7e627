/** What the stack serves for itself at `/_local` and below it. It is no part of what is deployed. */
import type { ControlHandler } from './gateway/local-routes.ts';
import type { Issuer } from './issuer.ts';
import type { LocalStack } from './stack.ts';
import { statusHandler } from './status/handler.ts';
import type { Status } from './status/status.ts';

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
  stack: () => LocalStack | undefined,
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
