/**
 * Reads the conditions of a policy statement. An unknown one is an error, because ignoring it would be
 * unsafe.
 */
import { z } from 'zod';
import { makeMatcher, makeArnMatcher, type Matcher } from './glob.ts';

/** The values of a call's global condition keys, by the key in lower case. */
export type CallContext = Readonly<Record<string, string>>;

/** Whether a call meets a condition. A call without the key does not meet it. */
export type Condition = (context: CallContext) => boolean;

/** The condition keys that calls on this machine can have, and those of the stack that none of them has. */
const KEYS = new Set([
  'aws:securetransport',
  'aws:sourceaccount',
  'aws:sourcearn',
  'kms:viaservice',
  'lambda:sourcefunctionarn',
]);

const OPERATORS: ReadonlyMap<string, (expected: string) => Matcher> = new Map([
  ['ArnEquals', makeArnMatcher],
  ['ArnLike', makeArnMatcher],
  ['Bool', (expected: string) => (found: string) => found.toLowerCase() === expected.toLowerCase()],
  ['StringEquals', (expected: string) => (found: string) => found === expected],
  ['StringLike', makeMatcher],
]);

const value = z.union([z.string(), z.boolean().transform(String)]);
const values = z.union([value.transform((text) => [text]), z.array(value)]);

/** Parses the form `{operator: {key: values}}` of a policy into conditions that must all be met. */
export const conditionsShape = z
  .record(z.string(), z.record(z.string(), values))
  .default({})
  .transform((block, context): Condition[] =>
    Object.entries(block).flatMap(([operator, keys]) => {
      const toMatcher = OPERATORS.get(operator);
      return Object.entries(keys).map(([name, expected]): Condition => {
        const key = name.toLowerCase();
        if (operator === 'Null' && KEYS.has(key)) {
          return (call) => expected.includes(String(call[key] === undefined));
        }
        if (toMatcher === undefined || !KEYS.has(key)) {
          context.addIssue(`the condition ${operator} on ${name} is not known`);
          return () => false;
        }
        const matchers = expected.map(toMatcher);
        return (call) => {
          const found = call[key];
          return found !== undefined && matchers.some((matches) => matches(found));
        };
      });
    }),
  );
