/** The conditions of a policy statement. One that is not known here is an error, not a silence. */
import { z } from 'zod';
import { glob, globOfArn, type Matcher } from './glob.ts';

/** What is known of a call besides who, what and on what: global condition keys, in lower case. */
export type CallContext = Readonly<Record<string, string>>;

/** Whether a condition is met. A key that the call does not have meets none. */
export type Condition = (context: CallContext) => boolean;

/** The keys that calls on this machine may have. */
const KEYS = new Set(['aws:securetransport', 'aws:sourceaccount', 'aws:sourcearn']);

const OPERATORS: ReadonlyMap<string, (expected: string) => Matcher> = new Map([
  ['ArnEquals', globOfArn],
  ['ArnLike', globOfArn],
  ['Bool', (expected: string) => (found: string) => found.toLowerCase() === expected.toLowerCase()],
  ['StringEquals', (expected: string) => (found: string) => found === expected],
  ['StringLike', glob],
]);

const value = z.union([z.string(), z.boolean().transform(String)]);
const values = z.union([value.transform((text) => [text]), z.array(value)]);

/** `{operator: {key: values}}` as a policy holds it, turned into conditions that must all be met. */
export const conditionsShape = z
  .record(z.string(), z.record(z.string(), values))
  .default({})
  .transform((block, context): Condition[] =>
    Object.entries(block).flatMap(([operator, keys]) => {
      const matcherOf = OPERATORS.get(operator);
      return Object.entries(keys).map(([name, expected]): Condition => {
        const key = name.toLowerCase();
        if (matcherOf === undefined || !KEYS.has(key)) {
          context.addIssue(`the condition ${operator} on ${name} is not known`);
          return () => false;
        }
        const matchers = expected.map(matcherOf);
        return (call) => {
          const found = call[key];
          return found !== undefined && matchers.some((matches) => matches(found));
        };
      });
    }),
  );
