/**
 * Starts a proxy in front of the running stack for programs that send their own requests (curl, the client,
 * examples of the documents). It checks each exchange against docs/openapi.yaml.
 */
import { forwardTo } from '../../../tools/kit/forwarding.ts';
import { keepSilent } from '../../../tools/kit/http-server.ts';
import type { Listener } from '../../../tools/kit/loopback.ts';
import { findComplaints } from './check-exchange.ts';

export interface WatchedStack extends Listener {
  /** Returns the number of exchanges so far, and what in them contradicts the description. */
  report(): { exchanges: number; complaints: string[] };
}

/**
 * @param origin of the stack
 * @param onAnswer receives the 1-based number of each answer before it is passed on; `keep` withholds it
 */
export async function watchStack(
  origin: string,
  onAnswer: (answers: number) => 'pass' | 'keep' = () => 'pass',
): Promise<WatchedStack> {
  const complaints: string[] = [];
  let exchanges = 0;
  const listener = await forwardTo(origin, {
    around: async (call, forward) => {
      const answer = await forward(call);
      // Checked before it is passed on: a client with the last answer may ask for the report at once.
      exchanges += 1;
      const { method, path, body } = call;
      const found = findComplaints(origin, {
        method,
        path,
        headers: Object.fromEntries(stringifyValues(call.headers)),
        body: body.length === 0 ? undefined : body,
        answer: {
          status: answer.status,
          headers: new Map(stringifyValues(answer.headers)),
          text: answer.body.toString(),
        },
      });
      complaints.push(...found.map((complaint) => `${method} ${path}: ${complaint}`));
      return onAnswer(exchanges) === 'keep' ? keepSilent() : answer;
    },
  });
  return { ...listener, report: () => ({ exchanges, complaints: [...complaints] }) };
}

function stringifyValues(headers: object): [string, string][] {
  return Object.entries(headers).map(([name, value]) => [name, String(value)]);
}
