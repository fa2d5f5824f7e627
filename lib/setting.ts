/**
 * The kinds of values of configuration keys. Each accepts its value as in cdk.json, and the same value as
 * text, because `cdk -c key=value` passes text.
 *
 * The message of an error is the text `expected`, which the documentation shows, too.
 */
import { z } from 'zod';
import { MAX_ACCOUNT_ID } from '../src/domain/ids.ts';
import { isIssuerAddress } from '../src/domain/issuer-address.ts';
import { JsonTextError, parseJsonText } from './json-text.ts';

/** The notes on a key, shown in errors and in the documentation. */
export interface SettingNotes {
  /** A valid value in words: "a whole number from 1 to 1000". */
  readonly expected: string;
  readonly description: string;
}

const ISSUER_ADDRESS = 'an https:// URL (http:// only for localhost, 127.0.0.1 or [::1])';

const TAG_KEY = /^[\p{L}\p{Z}\p{N}_.:/=+@-]{1,128}$/u;
const TAG_VALUE = /^[\p{L}\p{Z}\p{N}_.:/=+@-]{1,256}$/u;

/** A whole number within bounds, both included. */
export function wholeNumber(from: number, to: number, fallback: number, description: string) {
  const error = `a whole number from ${from} to ${to}`;
  return z
    .preprocess(parseNumber, z.int({ error }).min(from, { error }).max(to, { error }))
    .default(fallback)
    .meta({ expected: error, description });
}

/** A whole number within bounds, both included, or nothing. */
export function optionalWholeNumber(from: number, to: number, description: string) {
  const error = `a whole number from ${from} to ${to}`;
  return z
    .preprocess(parseNumber, z.int({ error }).min(from, { error }).max(to, { error }).optional())
    .optional()
    .meta({ expected: error, description });
}

/** A number from 0 to 1, both included. */
export function share(fallback: number, description: string) {
  const error = 'a number from 0 to 1';
  return z
    .preprocess(parseDecimal, z.number({ error }).min(0, { error }).max(1, { error }))
    .default(fallback)
    .meta({ expected: error, description });
}

/** One of a list of numbers. */
export function oneOfNumbers<const T extends number>(
  values: readonly T[],
  fallback: NoInfer<T>,
  description: string,
) {
  const error = `one of ${values.join(', ')}`;
  return z
    .preprocess(parseNumber, z.literal(values, { error }))
    .default(fallback)
    .meta({ expected: error, description });
}

/** One of a list of words. */
export function oneOf<const T extends string>(
  values: readonly T[],
  fallback: NoInfer<T>,
  description: string,
) {
  const error = `one of ${values.join(', ')}`;
  return z.literal(values, { error }).default(fallback).meta({ expected: error, description });
}

/** Text without white space, 1 to 200 characters. */
export function word(fallback: string, description: string) {
  const error = 'text of 1 to 200 characters, without white space';
  return z.string({ error }).regex(WORD, { error }).default(fallback).meta({ expected: error, description });
}

const WORD = /^\S{1,200}$/;

/** Most texts in a list. */
const MAX_WORDS = 10;

const WORDS_EXPECTED = `one text, or a list of 1 to ${MAX_WORDS}, of 1 to 200 characters without white space`;

/** A list of words. One word alone may be given as text, several with `-c` as JSON text. */
export function words(fallback: readonly string[], description: string) {
  return makeWords()
    .default([...fallback])
    .meta({ expected: WORDS_EXPECTED, description });
}

/** A list of words, or nothing. */
export function optionalWords(description: string) {
  return makeWords().optional().meta({ expected: WORDS_EXPECTED, description });
}

function makeWords() {
  const error = WORDS_EXPECTED;
  const list = z
    .array(z.string({ error }).regex(WORD, { error }), { error })
    .min(1, { error })
    .max(MAX_WORDS, { error });
  return z.preprocess(parseList, list);
}

/** A list of different ids, or nothing. One alone may be given as text, several with `-c` as JSON text. */
export function optionalIds(pattern: RegExp, most: number, expected: string, description: string) {
  const list = z
    .array(z.string({ error: expected }).regex(pattern, { error: expected }), { error: expected })
    .min(1, { error: expected })
    .max(most, { error: expected })
    .refine((ids) => new Set(ids).size === ids.length, { error: expected });
  return z.preprocess(parseList, list.optional()).optional().meta({ expected, description });
}

/** A map of accounts by client, plain or as JSON text, or nothing. */
export function optionalAccountsByClient(description: string) {
  const error = `a map of lists of accounts, whole numbers from 1 to ${MAX_ACCOUNT_ID}, by client`;
  const accounts = z.array(z.int({ error }).min(1, { error }).max(MAX_ACCOUNT_ID, { error }), { error });
  // A record drops this key without a word.
  const hasNoPrototype = z.custom<object>((map) => !Object.hasOwn(Object(map) as object, '__proto__'), {
    error: 'no client __proto__',
  });
  const map = z.record(z.string().regex(WORD, { error }), accounts.min(1, { error }), { error });
  return z
    .preprocess(parsePlainOrJson, hasNoPrototype.pipe(map).optional())
    .optional()
    .meta({ expected: error, description });
}

/** Text that matches a pattern. `expected` describes it in words. */
export function matching(pattern: RegExp, expected: string, fallback: string, description: string) {
  return z
    .string({ error: expected })
    .regex(pattern, { error: expected })
    .default(fallback)
    .meta({ expected, description });
}

/** Text that matches a pattern, or nothing. `expected` describes it in words. */
export function optionalMatching(pattern: RegExp, expected: string, description: string) {
  return z
    .string({ error: expected })
    .regex(pattern, { error: expected })
    .optional()
    .meta({ expected, description });
}

/**
 * The URL that tokens or keys come from: https, or http on this machine (a local issuer). It is kept as
 * written, because an issuer is compared character by character.
 */
export function issuerAddress(fallback: string, description: string) {
  const error = ISSUER_ADDRESS;
  return z
    .string({ error })
    .refine(isIssuerAddress, { error })
    .default(fallback)
    .meta({ expected: error, description });
}

/** The same, or nothing. */
export function optionalIssuerAddress(description: string) {
  const error = ISSUER_ADDRESS;
  return z
    .string({ error })
    .refine(isIssuerAddress, { error })
    .optional()
    .meta({ expected: error, description });
}

/** Yes or no: true or false. */
export function yesOrNo(fallback: boolean, description: string) {
  const error = 'true or false';
  return z
    .preprocess(parseBoolean, z.boolean({ error }))
    .default(fallback)
    .meta({ expected: error, description });
}

/**
 * The name of a DynamoDB table, or nothing.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
 */
export function optionalTableName(description: string) {
  const error = 'a table name: 3 to 255 letters, digits, hyphens, dots or underscores';
  return z
    .string({ error })
    .regex(/^[\w.-]{3,255}$/, { error })
    .optional()
    .meta({ expected: error, description });
}

/** An e-mail address, or nothing. */
export function optionalEmail(description: string) {
  const error = 'an e-mail address';
  return z.email({ error }).optional().meta({ expected: error, description });
}

/**
 * A map of tags, plain or as JSON text, or nothing. Each service has its own rules; these are what all take:
 * - characters: https://docs.aws.amazon.com/IAM/latest/APIReference/API_Tag.html
 * - a value: CloudFormation's schemas of alarms and dashboards refuse an empty one
 * - a role's keys are one if they differ only in case: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html
 * - 50 tags, and `aws:`: https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/allocation-tag-restrictions.html
 */
export function optionalTags(description: string) {
  const error = 'a map of at most 50 tags, 1 to 128 and 1 to 256 letters, digits, spaces and _.:/=+-@';
  const tags = z
    .record(z.string(), z.string({ error }), { error })
    .refine((map) => Object.keys(map).length <= 50, { error })
    .superRefine((map, context) => {
      const keys = Object.keys(map).map((key) => key.toLowerCase());
      for (const [index, [key, value]] of Object.entries(map).entries()) {
        const rules: [boolean, string][] = [
          [TAG_KEY.test(key) && TAG_VALUE.test(value), error],
          [![key, value].some((text) => /^aws:/i.test(text)), 'no tag that begins with aws:'],
          [keys.indexOf(key.toLowerCase()) === index, 'no key that differs from another only in case'],
        ];
        const broken = rules.find(([holds]) => !holds);
        if (broken !== undefined) context.addIssue({ code: 'custom', path: [key], message: broken[1] });
      }
    });
  return z.preprocess(parsePlainOrJson, tags.optional()).optional().meta({ expected: error, description });
}

/** Reads the notes that one of the functions above has attached to a schema. */
export function readNotes(schema: z.ZodType): SettingNotes {
  const meta = schema.meta();
  return { expected: String(meta?.['expected']), description: meta?.description ?? '' };
}

function parseNumber(value: unknown): unknown {
  return typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
}

function parseBoolean(value: unknown): unknown {
  return value === 'true' || value === 'false' ? value === 'true' : value;
}

/** Parses JSON text; a value that is none is left for the schema to refuse. */
function parsePlainOrJson(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return parseJsonText(value);
  } catch (error) {
    if (error instanceof JsonTextError) return value;
    throw error;
  }
}

/** Takes JSON text for a list, and any other text for its only element. */
export function parseList(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  return /^\s*\[/.test(value) ? parsePlainOrJson(value) : [value];
}

function parseDecimal(value: unknown): unknown {
  return typeof value === 'string' && /^\d+(\.\d+)?$/.test(value) ? Number(value) : value;
}
