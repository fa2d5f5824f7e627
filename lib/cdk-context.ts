/**
 * Checks the settings of the CDK itself that companies need (docs/company-accounts.md). What the CDK does not
 * understand of them it ignores, and roles would be deployed without their permissions boundary.
 */
import { z } from 'zod';
import { findNearMisses } from './near-misses.ts';

const PREFIX = '@aws-cdk/core:';

const noArn = z.string().regex(/^(?!arn:)\S+$/);

/** By the part of the key after the prefix: what is valid, and in words. */
const SETTINGS: Readonly<Record<string, { schema: z.ZodType; expected: string }>> = {
  permissionsBoundary: {
    schema: z.union([
      z.strictObject({ name: noArn }),
      z.strictObject({ arn: z.string().regex(/^arn:\S+$/) }),
    ]),
    expected:
      '{"name": "<name of the policy>"} or {"arn": "<its ARN>"}, in cdk.json: with -c it would be text, which the ' +
      'CDK ignores',
  },
  bootstrapQualifier: {
    schema: z.string().regex(/^[\w-]{1,10}$/),
    expected: 'text of up to 10 letters, digits, hyphens or underscores',
  },
};

/** Returns a line for each setting that is wrong or misspelt. */
export function listWrongCdkSettings(context: Readonly<Record<string, unknown>>): string[] {
  const wrong = Object.entries(SETTINGS).flatMap(([name, { schema, expected }]) => {
    const key = PREFIX + name;
    const value = context[key];
    if (value === undefined || schema.safeParse(value).success) return [];
    return [`context key ${key}: found ${JSON.stringify(value).slice(0, 80)}, expected ${expected}`];
  });
  const names = Object.keys(context).flatMap((key) =>
    key.startsWith(PREFIX) ? [key.slice(PREFIX.length)] : [],
  );
  const misspelt = findNearMisses(names, Object.keys(SETTINGS)).map(
    ({ key, meant }) => `context key ${PREFIX}${key}: not known, did you mean ${PREFIX}${meant}?`,
  );
  return [...wrong, ...misspelt];
}
