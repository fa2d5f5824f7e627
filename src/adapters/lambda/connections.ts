/** The connections of an AWS client. They may die, unseen, while Lambda has frozen the function (ADR 17). */
import type { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SQSClient } from '@aws-sdk/client-sqs';

/** The emulators speak no TLS. */
interface Agents {
  readonly httpsAgent: HttpsAgent;
  readonly httpAgent: HttpAgent;
}

export function makeAgents(maxSockets: number): Agents {
  const options = { keepAlive: true, maxSockets };
  // An import of node:http reads all its exports, of which some load fetch: a quarter of a start.
  const { Agent } = process.getBuiltinModule('node:http');
  return { httpsAgent: new HttpsAgent(options), httpAgent: new Agent(options) };
}

/**
 * Makes a client close its idle connections when a call has lost its own: they are as old. Otherwise each
 * further try of the call could get the next dead one, of as many as there were calls at once before.
 *
 * @returns the same client
 */
export function closeIdleAfterReset<T extends DynamoDBClient | SQSClient>(client: T, agents: Agents): T {
  const stack: DynamoDBClient['middlewareStack'] = client.middlewareStack as never;
  stack.add(
    (next) => async (args) => {
      try {
        return await next(args);
      } catch (error) {
        if (isReset(error)) closeIdle(agents);
        throw error;
      }
    },
    // Within the SDK's retries, which are of high priority.
    { step: 'finalizeRequest', priority: 'low', name: 'closeIdleAfterReset' },
  );
  return client;
}

function isReset(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ECONNRESET' || code === 'EPIPE';
}

function closeIdle(agents: Agents): void {
  for (const { freeSockets } of [agents.httpsAgent, agents.httpAgent]) {
    for (const socket of Object.values(freeSockets).flatMap((sockets) => sockets ?? [])) socket.destroy();
  }
}
