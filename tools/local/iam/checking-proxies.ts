/** Opens the permission-checking proxies in front of both emulators (ADR 18). */
import type { ServiceEndpoints } from '../functions/function-environment.ts';
import type { Access } from './access.ts';
import { CheckingProxy, type CheckedService } from './checking-proxy.ts';
import { listDynamodbNeeds, listSqsNeeds } from './needs.ts';
import { dynamodbRefusals, sqsRefusals } from './denied-answers.ts';

const DYNAMODB: CheckedService = { listNeeds: listDynamodbNeeds, refusals: dynamodbRefusals };
const SQS: CheckedService = { listNeeds: listSqsNeeds, refusals: sqsRefusals };

export interface CheckingProxies extends ServiceEndpoints {
  /** Returns the URL that a function must use for a queue. */
  makeQueueUrl(url: string): string;
  /** Checks calls with these permissions from now on. */
  applyPermissions(access: Access): void;
  close(): Promise<void>;
}

/** @param emulators addresses of the emulators */
export async function openCheckingProxies(emulators: ServiceEndpoints): Promise<CheckingProxies> {
  const [dynamodb, sqs] = await Promise.all([
    CheckingProxy.open(DYNAMODB, emulators.dynamodb),
    CheckingProxy.open(SQS, emulators.sqs),
  ]);
  return {
    dynamodb: dynamodb.url,
    sqs: sqs.url,
    makeQueueUrl: (url) => new URL(new URL(url).pathname, sqs.url).href,
    applyPermissions: (access) => {
      dynamodb.applyPermissions(access);
      sqs.applyPermissions(access);
    },
    close: async () => {
      await Promise.all([dynamodb.close(), sqs.close()]);
    },
  };
}
