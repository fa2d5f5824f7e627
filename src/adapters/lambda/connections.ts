/** The connections of an AWS client. They may die, unseen, while Lambda has frozen the function (ADR 17). */
import type { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Duplex } from 'node:stream';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SQSClient } from '@aws-sdk/client-sqs';

/**
 * How long a connection may be idle and still be used, ms. Far below the times after which it may be closed:
 * about 60 s by DynamoDB, as a user saw (no page of AWS states it), and 350 s by a NAT gateway. Long enough
 * for a function that is invoked all the time: new connections cost it the work of TLS handshakes.
 * https://docs.aws.amazon.com/lambda/latest/dg/best-practices.html ("purges idle connections")
 * https://github.com/aws/aws-sdk-java/issues/1365
 * https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-troubleshooting.html
 */
export const MAX_IDLE_MS = 5_000;

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
 * Makes a client close idle connections that may be dead, before a call takes one:
 *
 * - those that were idle for more than MAX_IDLE_MS, so that a call that gets only one try does not lose it;
 * - all of them, when a call has lost its own: they are as old. Otherwise each further try of the call could
 *   get the next dead one, of as many as there were calls at once before.
 *
 * @param now the wall clock, epoch ms: a timer does not run while the function is frozen
 * @returns the same client
 */
export function closeDeadConnections<T extends DynamoDBClient | SQSClient>(
  client: T,
  agents: Agents,
  now: () => number,
): T {
  const both = [agents.httpsAgent, agents.httpAgent];
  const idleSince = new WeakMap<Duplex, number>();
  for (const agent of both) {
    // A void in its type, but a connection is kept only if it returns true.
    const keepSocketAlive: (socket: Duplex) => unknown = agent.keepSocketAlive.bind(agent);
    // Called when a connection becomes idle: https://nodejs.org/api/http.html#agentkeepsocketalivesocket
    agent.keepSocketAlive = (socket) => {
      idleSince.set(socket, now());
      return keepSocketAlive(socket);
    };
  }
  const closeIdle = (since: number) => {
    for (const socket of both.flatMap((agent) => Object.values(agent.freeSockets).flat())) {
      if (socket !== undefined && (idleSince.get(socket) ?? 0) < since) socket.destroy();
    }
  };

  const stack: DynamoDBClient['middlewareStack'] = client.middlewareStack as never;
  stack.add(
    (next) => async (args) => {
      closeIdle(now() - MAX_IDLE_MS);
      try {
        return await next(args);
      } catch (error) {
        if (isReset(error)) closeIdle(Infinity);
        throw error;
      }
    },
    // Within the SDK's retries, which are of high priority.
    { step: 'finalizeRequest', priority: 'low', name: 'closeDeadConnections' },
  );
  return client;
}

function isReset(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ECONNRESET' || code === 'EPIPE';
}
