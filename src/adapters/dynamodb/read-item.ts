/** Reads the attributes of stored items. Throws InconsistentStoreError for a malformed attribute. */
import { InconsistentStoreError } from '../../domain/errors.ts';
import { FORMAT, refuseLaterFormat } from '../format.ts';

/** An item as a plain JavaScript object. */
export type Item = Readonly<Record<string, unknown>>;

const nameItem = (item: Item) =>
  `${String(item['pk'] ?? item['id'])} ${typeof item['sk'] === 'string' ? item['sk'] : ''}`.trim();

function makeAttributeError(item: Item, name: string, expected: string): InconsistentStoreError {
  const found = item[name];
  return new InconsistentStoreError(`Attribute ${name} of a stored item is not ${expected}.`, {
    item: nameItem(item),
    attribute: name,
    found: found === undefined ? 'nothing' : typeof found,
    expected,
  });
}

/**
 * Checks that this release can read an item. One without a format has format 1: release 0.1.0 wrote it, or a
 * team did without the import.
 *
 * @param known the latest format of such an item that this release knows
 * @throws UnknownFormatError when the item has a later format
 */
export function requireKnownFormat(item: Item, known: number): void {
  const found = item[FORMAT] === undefined ? 1 : readNumber(item, FORMAT);
  if (!Number.isInteger(found) || found < 1)
    throw makeAttributeError(item, FORMAT, 'a whole number from 1 on');
  refuseLaterFormat(`Item ${nameItem(item)}`, found, known);
}

export function readText(item: Item, name: string): string {
  const value = item[name];
  if (typeof value !== 'string') throw makeAttributeError(item, name, 'a string');
  return value;
}

export function readBytes(item: Item, name: string): Uint8Array {
  const value = item[name];
  if (!(value instanceof Uint8Array)) throw makeAttributeError(item, name, 'binary');
  return value;
}

export function readNumber(item: Item, name: string): number {
  const value = item[name];
  if (typeof value !== 'number') throw makeAttributeError(item, name, 'a number');
  return value;
}

/**
 * Formats epoch milliseconds as RFC 3339.
 *
 * @param name attribute to name in the error when `ms` is outside the range of dates
 */
export function formatTime(item: Item, name: string, ms: number): string {
  const time = new Date(ms);
  if (Number.isNaN(time.getTime())) throw makeAttributeError(item, name, 'a time in epoch milliseconds');
  return time.toISOString();
}

/** Reads a number set. DynamoDB has no empty sets, so a missing attribute is an empty set. */
export function readNumberSet(item: Item, name: string): ReadonlySet<number> {
  const value = item[name];
  if (value === undefined) return new Set();
  if (!(value instanceof Set)) throw makeAttributeError(item, name, 'a set of numbers');
  return new Set([...(value as Set<unknown>)].map(Number));
}

export function readOneOf<T extends string>(item: Item, name: string, values: readonly T[]): T {
  const value = item[name];
  const match = values.find((candidate) => candidate === value);
  if (match === undefined) throw makeAttributeError(item, name, `one of ${values.join(', ')}`);
  return match;
}
