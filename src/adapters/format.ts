/** The format of items and messages: a number in each that says how to read it (ADR 37). */
import { UnknownFormatError } from '../domain/errors.ts';

/** Name of the attribute of an item, and of the field of a message. */
export const FORMAT = 'format';

/**
 * @param what names the item or message in the error
 * @param known the latest format of its kind that this release knows
 * @throws UnknownFormatError when `found` is a later one
 */
export function refuseLaterFormat(what: string, found: number, known: number): void {
  if (found <= known) return;
  throw new UnknownFormatError(
    `${what} has format ${found}. This release knows its formats up to ${known} only.`,
    { found, known },
  );
}
