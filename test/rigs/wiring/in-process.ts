/**
 * One bundle in the test's own process, with the environment that the template gives it. Here the test says
 * what time it is and how much of it the function has left.
 */
import { join } from 'node:path';
import { jest } from '@jest/globals';
import type { Context } from 'aws-lambda';
import { CREDENTIALS, REGION } from '../../../tools/kit/emulator.ts';
import type { WiringRig } from './rig.ts';

export type Handler = (event: unknown, context: Context) => Promise<unknown>;

/** Loads the bundle of a function. The proxies stand in the place of the doors: no role is looked at. */
export async function loadBundle(rig: WiringRig, name: string): Promise<Handler> {
  const lambda = rig.findFunction(name);
  const { dynamodb, sqs } = rig.stack.endpoints;
  // The SDK calls a queue at the host that its URL names.
  const queueUrls = Object.entries(lambda.environment)
    .filter(([name]) => name.endsWith('_QUEUE_URL'))
    .map(([name, url]) => [name, new URL(new URL(url).pathname, sqs).href]);
  Object.assign(process.env, lambda.environment, {
    ...Object.fromEntries(queueUrls),
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    AWS_REGION: REGION,
    AWS_LAMBDA_FUNCTION_NAME: lambda.name,
    AWS_ENDPOINT_URL_DYNAMODB: dynamodb,
    AWS_ENDPOINT_URL_SQS: sqs,
  });
  const [file = '', exportName = ''] = lambda.handler.split('.');
  const module = (await import(join(lambda.codePath, `${file}.mjs`))) as Record<string, Handler>;
  const handler = module[exportName];
  if (handler === undefined) throw new Error(`${name} exports no ${exportName}`);
  return handler;
}

/** A context of an invocation that has so many ms left. */
export function makeContext(remainingMs: number): Context {
  return { getRemainingTimeInMillis: () => remainingMs, awsRequestId: 'request' } as Context;
}

/** The clock of this process: it stands still until it is moved. Timers run as always. */
export class StoppedClock {
  readonly start = Date.now();
  #now = this.start;
  readonly #spy = jest.spyOn(Date, 'now').mockImplementation(() => this.#now);

  /** Puts it to so many ms after it was stopped. */
  moveTo(afterStartMs: number): void {
    this.#now = this.start + afterStartMs;
  }

  [Symbol.dispose](): void {
    this.#spy.mockRestore();
  }
}
