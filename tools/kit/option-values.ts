/** Parses the values of command line options. */
import { UsageError } from './tool-errors.ts';
import { quoteExcerpt } from './printable.ts';

/**
 * @param BadValue the class of the error for a wrong value
 * @throws BadValue for a text that is not a whole number between the limits
 */
export function parseWholeNumber(
  option: string,
  text: string,
  from = 0,
  to = Number.MAX_SAFE_INTEGER,
  BadValue: new (message: string) => Error = UsageError,
): number {
  const value = /^-?\d+$/.test(text) ? Number(text) : NaN;
  if (value >= from && value <= to) return value;
  throw new BadValue(`${option}: found ${quoteExcerpt(text)}, expected a whole number from ${from} to ${to}`);
}

/** @throws UsageError for a text that is not one of the values */
export function parseChoice<T extends string>(option: string, text: string, values: readonly T[]): T {
  const match = values.find((value) => value === text);
  if (match !== undefined) return match;
  throw new UsageError(`${option}: found ${quoteExcerpt(text)}, expected ${values.join(' or ')}`);
}

/**
 * Parses a value of the configuration, `key=value`, as `cdk deploy -c` takes it.
 * @throws UsageError
 */
export function parseContextValue(option: string, text: string): [string, string] {
  const [, key, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (key !== undefined && value !== undefined) return [key, value];
  throw new UsageError(`${option}: found ${quoteExcerpt(text)}, expected key=value`);
}
