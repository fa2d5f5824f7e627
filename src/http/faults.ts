/** Says what is wrong with a field: what was found, and what was expected. */
import type { Fault } from '../domain/errors.ts';

const MAX_SHOWN = 60;

export function fault(name: string, expected: string, found: unknown): Fault {
  return { name, reason: `expected ${expected}, found ${describe(found)}` };
}

/** A value in a few words. A long text is cut: an answer must not become as large as what provoked it. */
function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : `an array of ${value.length}`;
  if (typeof value === 'number' || typeof value === 'boolean') return `the ${typeof value} ${value}`;
  if (typeof value !== 'string') return 'an object';
  if (value === '') return 'an empty text';
  return value.length > MAX_SHOWN
    ? `${JSON.stringify(value.slice(0, MAX_SHOWN))}... of ${value.length} characters`
    : JSON.stringify(value);
}
