/**
 * The thread of the embedded emulators: DynamoDB (dynalite) and SQS (fauxqs), both on 127.0.0.1 only.
 *
 * A thread of their own, because they work hard while the gateway should answer, and because an error in an
 * emulator must not take the whole stack down without a word. Posts its endpoints once both listen.
 */
import type { IncomingMessage } from 'node:http';
import { parentPort, workerData } from 'node:worker_threads';
import dynalite from 'dynalite';
import { buildApp } from 'fauxqs';
import { z } from 'zod';
import { REGION } from '../../kit/emulator.ts';
import { listenOnLoopback, LOOPBACK } from '../../kit/loopback.ts';

/** Which emulators to start, and as an answer, where they are. */
export interface Endpoints {
  dynamodb?: string;
  sqs?: string;
}

const wanted = z.object({ dynamodb: z.boolean(), sqs: z.boolean() }).parse(workerData);
const endpoints: Endpoints = {};
if (wanted.dynamodb) endpoints.dynamodb = await startDynamodb();
if (wanted.sqs) endpoints.sqs = await startSqs();
parentPort?.postMessage(endpoints);

async function startDynamodb(): Promise<string> {
  const server = dynalite({ createTableMs: 0 });
  server.prependListener('request', surviveAborts);
  return (await listenOnLoopback(server)).url;
}

/**
 * dynalite listens for the error of a request only to throw it, which a function that is killed in
 * mid-request would cause. Without a listener there is no such event.
 */
function surviveAborts(request: IncomingMessage): void {
  request.on('newListener', (event: string | symbol, listener: (error: Error) => void) => {
    if (event !== 'error') return;
    queueMicrotask(() => {
      request.off('error', listener);
    });
  });
}

async function startSqs(): Promise<string> {
  // Not startFauxqs: it listens on every interface.
  const app = buildApp({ logger: false, defaultRegion: REGION });
  return app.listen({ host: LOOPBACK, port: 0 });
}
