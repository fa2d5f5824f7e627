/**
 * Stands in front of the running stack for programs that make requests of their own (curl, the client,
 * examples of the documents): passes on what comes, and holds each exchange to the description.
 */
import { forwardTo } from '../../../tools/kit/forwarding.ts';
import { keepSilent } from '../../../tools/kit/http-server.ts';
import type { Listener } from '../../../tools/kit/loopback.ts';
import { complaintsOf } from './watch.ts';

export interface WatchedStack extends Listener {
  /** How many exchanges were judged so far, and what of them lies outside the description. */
  report(): { exchanges: number; complaints: string[] };
}

/**
 * @param origin of the stack
 * @param onAnswer is told how many answers there were with each that there is, before it is passed on, and
 *   may keep it
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
      // Judged before it is passed on: who has the last answer may ask for the report.
      exchanges += 1;
      const { method, path, body } = call;
      const found = complaintsOf(origin, {
        method,
        path,
        headers: Object.fromEntries(textsOf(call.headers)),
        body: body.length === 0 ? undefined : body,
        answer: {
          status: answer.status,
          headers: new Map(textsOf(answer.headers)),
          text: answer.body.toString(),
        },
      });
      complaints.push(...found.map((complaint) => `${method} ${path}: ${complaint}`));
      return onAnswer(exchanges) === 'keep' ? keepSilent() : answer;
    },
  });
  return { ...listener, report: () => ({ exchanges, complaints: [...complaints] }) };
}

function textsOf(headers: object): [string, string][] {
  return Object.entries(headers).map(([name, value]) => [name, String(value)]);
}
