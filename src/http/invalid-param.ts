/** Describes a fault of a request: what was expected of a field, and what was found. */
import type { Fault } from '../domain/errors.ts';

/** Longest quoted text, in characters. */
const MAX_QUOTED_LENGTH = 60;

export function makeFault(name: string, expected: string, found: unknown): Fault {
  return { name, reason: `expected ${expected}, found ${describeValue(found)}` };
}

/** Describes a value in a few words. Long texts are cut, so that no answer gets as large as its request. */
function describeValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : `an array of ${value.length}`;
  if (typeof value === 'number' || typeof value === 'boolean') return `the ${typeof value} ${value}`;
  if (typeof value !== 'string') return 'an object';
  if (value === '') return 'an empty text';
  return value.length > MAX_QUOTED_LENGTH
    ? `${JSON.stringify(value.slice(0, MAX_QUOTED_LENGTH))}... of ${value.length} characters`
    : JSON.stringify(value);
}
