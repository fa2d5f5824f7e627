/** What settings for the accounts of companies add to the bill of a month: calculated, by the price list. */
import { z } from 'zod';
import { findResources, type Template } from '../local/template/template.ts';
import { PRICES } from './prices.ts';
import type { StandingCost } from './standing.ts';

export interface SettingCost extends StandingCost {
  readonly setting: string;
}

const HOURS_A_MONTH = 730;

/** SQS asks KMS again after so many seconds; lib/work-queue.ts sets the same. */
const DATA_KEY_SECONDS = 300;

const texts = z.union([z.string().transform((text) => [text]), z.array(z.string())]);
const policyShape = z.object({
  PolicyDocument: z.object({
    Statement: z.array(z.object({ Action: texts, Resource: z.unknown() })),
  }),
});

/** Every row. A row of less than nothing is what a setting saves. */
export function listSettingCosts(template: Template): SettingCost[] {
  return [
    {
      setting: 'kmsKeyArn',
      what: 'the key, in place of that of the alarm topic',
      count: 1,
      each: PRICES.keyMonth,
    },
    {
      setting: 'kmsKeyArn',
      what: "requests of SQS to KMS, by SQS's formula",
      count: countQueueKeyRequests(template),
      each: PRICES.keyRequest,
    },
    {
      setting: 'alarmTopicArn',
      what: 'no key of the alarm topic',
      count: -1,
      each: PRICES.keyMonth,
    },
    {
      setting: 'subnetIds',
      what: 'interface endpoint of SQS: hours in one zone',
      count: HOURS_A_MONTH,
      each: PRICES.endpointHour,
    },
    {
      setting: 'subnetIds',
      what: 'NAT gateway, for the keys of the issuer: hours of one',
      count: HOURS_A_MONTH,
      each: PRICES.natGatewayHour,
    },
    {
      setting: 'subnetIds',
      what: 'public address of that gateway: hours of one',
      count: HOURS_A_MONTH,
      each: PRICES.publicAddressHour,
    },
    {
      setting: 'architecture',
      what: 'a million GB-seconds on x86_64 instead of arm64',
      count: 1_000_000,
      each: PRICES.gigabyteSecondOnX86 - PRICES.gigabyteSecond,
    },
  ];
}

/**
 * SQS's own formula, with whoever may send to a queue and whoever may receive from it: a sender costs two
 * requests in each period, a receiver one.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html#sqs-estimate-kms-usage-costs
 */
function countQueueKeyRequests(template: Template): number {
  const periods = (HOURS_A_MONTH * 3_600) / DATA_KEY_SECONDS;
  const senders = countPairs(template, 'sqs:SendMessage');
  const receivers = countPairs(template, 'sqs:ReceiveMessage');
  return periods * (2 * senders + receivers);
}

/** Counts the pairs of a role and a resource on which it has an action. */
function countPairs(template: Template, action: string): number {
  const pairs = findResources(template, 'AWS::IAM::Policy').flatMap(({ logicalId, properties }) =>
    policyShape
      .parse(properties)
      .PolicyDocument.Statement.filter(({ Action }) => Action.includes(action))
      .flatMap(({ Resource }): unknown[] => (Array.isArray(Resource) ? Resource : [Resource]))
      .map((resource) => `${logicalId} ${JSON.stringify(resource)}`),
  );
  return new Set(pairs).size;
}
