/**
 * Runs the embedded emulators, DynamoDB (dynalite) and SQS (fauxqs), on 127.0.0.1 only (ADR 15).
 *
 * They have a thread of their own so that their load does not delay the gateway, and so that the stack can
 * report their errors. The thread posts its endpoints once both listen.
 */
import type { IncomingMessage } from 'node:http';
import { parentPort, workerData } from 'node:worker_threads';
import dynalite from 'dynalite';
import { buildApp } from 'fauxqs';
import { z } from 'zod';
import { REGION } from '../../kit/emulator.ts';
import { listenOnLoopback, LOOPBACK_ADDRESS } from '../../kit/loopback.ts';
import { makeFauxqsFair } from './fair-fauxqs.ts';

/** Addresses of the emulators that were started. */
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
 * Removes dynalite's listener for the errors of a request: it throws the error of a broken connection, for
 * example when a function is killed. Without a listener, Node.js does not emit this error.
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
  await makeFauxqsFair();
  // startFauxqs would listen on every interface.
  const app = buildApp({ logger: false, defaultRegion: REGION });
  return app.listen({ host: LOOPBACK_ADDRESS, port: 0 });
}
