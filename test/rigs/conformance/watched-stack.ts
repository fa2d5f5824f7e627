/**
 * Stands in front of the running stack for programs that make requests of their own (curl, the client, examples of the
 * documents): passes on what comes, and holds each exchange to the description.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { complaintsOf } from './watch.ts';

export interface WatchedStack {
  readonly url: string;
  /** How many exchanges were judged so far, and what of them lies outside the description. */
  report(): { exchanges: number; complaints: string[] };
  close(): void;
}

/**
 * @param origin of the stack
 * @param onAnswer is told how many answers there were with each that there is, before it is passed on, and may keep it
 */
export async function watchStack(
  origin: string,
  onAnswer: (answers: number) => 'pass' | 'keep' = () => 'pass',
): Promise<WatchedStack> {
  const complaints: string[] = [];
  let exchanges = 0;

  async function pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/' } = incoming;
    const body = await buffer(incoming);
    const onward = request(origin + url, { method, headers: incoming.headers }).end(body);
    const [answer] = (await once(onward, 'response')) as [IncomingMessage];
    const text = await buffer(answer);
    const headers = (message: IncomingMessage) =>
      Object.entries(message.headers).map(([name, value]) => [name, String(value)] as const);
    // Judged before it is passed on: who has the last answer may ask for the report.
    exchanges += 1;
    const found = complaintsOf(origin, {
      method,
      path: url,
      headers: Object.fromEntries(headers(incoming)),
      body: body.length === 0 ? undefined : body,
      answer: { status: answer.statusCode ?? 0, headers: new Map(headers(answer)), text: text.toString() },
    });
    complaints.push(...found.map((complaint) => `${method} ${url}: ${complaint}`));
    if (onAnswer(exchanges) === 'keep') return;
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers).end(text);
  }

  const server = createServer((incoming, outgoing) => {
    // Whoever is killed, or kills the connection, has no answer to be judged.
    pass(incoming, outgoing).catch(() => outgoing.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    report: () => ({ exchanges, complaints: [...complaints] }),
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
