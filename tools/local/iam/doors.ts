/** Opens the permission-checking proxies in front of both emulators (ADR 18). */
import type { ServiceEndpoints } from '../functions/environment.ts';
import type { Access } from './access.ts';
import { Door, type Service } from './door.ts';
import { dynamodbNeeds, sqsNeeds } from './needs.ts';
import { dynamodbRefusals, sqsRefusals } from './refusals.ts';

const DYNAMODB: Service = { needsOf: dynamodbNeeds, refusals: dynamodbRefusals };
const SQS: Service = { needsOf: sqsNeeds, refusals: sqsRefusals };

export interface Doors extends ServiceEndpoints {
  /** Returns the URL that a function must use for a queue. */
  queueUrl(url: string): string;
  /** Checks calls with these permissions from now on. */
  guard(access: Access): void;
  close(): Promise<void>;
}

/** @param emulators addresses of the emulators */
export async function openDoors(emulators: ServiceEndpoints): Promise<Doors> {
  const [dynamodb, sqs] = await Promise.all([
    Door.open(DYNAMODB, emulators.dynamodb),
    Door.open(SQS, emulators.sqs),
  ]);
  return {
    dynamodb: dynamodb.url,
    sqs: sqs.url,
    queueUrl: (url) => new URL(new URL(url).pathname, sqs.url).href,
    guard: (access) => {
      dynamodb.guard(access);
      sqs.guard(access);
    },
    close: async () => {
      await Promise.all([dynamodb.close(), sqs.close()]);
    },
  };
}
