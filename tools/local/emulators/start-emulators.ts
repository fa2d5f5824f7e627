/** Provides DynamoDB and SQS: at given endpoints, or as emulators in a thread of this process (ADR 15). */
import { Worker } from 'node:worker_threads';
import { z } from 'zod';
import { getErrorMessage } from '../../kit/tool-errors.ts';
import { makeThreadOptions } from '../threads.ts';

export interface Emulators {
  readonly dynamodb: string;
  readonly sqs: string;
  /** Stops the embedded emulators; their data is lost. */
  stop(): Promise<void>;
}

const posted = z.object({ dynamodb: z.url().optional(), sqs: z.url().optional() });

/**
 * Starts an embedded emulator for each endpoint that is not given.
 * @param onFailure called when an embedded emulator fails later
 */
export async function startEmulators(
  given: { readonly dynamodb?: string | undefined; readonly sqs?: string | undefined },
  onFailure: (error: Error) => void,
): Promise<Emulators> {
  if (given.dynamodb !== undefined && given.sqs !== undefined) {
    return { dynamodb: given.dynamodb, sqs: given.sqs, stop: () => Promise.resolve() };
  }
  const thread = new Worker(new URL('./thread.ts', import.meta.url), {
    ...makeThreadOptions(),
    workerData: { dynamodb: given.dynamodb === undefined, sqs: given.sqs === undefined },
  });
  const answer = await new Promise((resolve, reject) => {
    thread.once('message', resolve).once('error', reject);
  });
  const endpoints = posted.parse(answer);
  thread.on('error', (error: unknown) => {
    onFailure(new Error(`the embedded emulators failed: ${getErrorMessage(error)}`, { cause: error }));
  });
  const dynamodb = given.dynamodb ?? endpoints.dynamodb;
  const sqs = given.sqs ?? endpoints.sqs;
  if (dynamodb === undefined || sqs === undefined) throw new Error('an emulator did not start');
  return {
    dynamodb,
    sqs,
    stop: async () => {
      await thread.terminate();
    },
  };
}
