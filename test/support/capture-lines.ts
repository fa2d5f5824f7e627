/** Captures what a function prints in the process of a suite. */
import { jest } from '@jest/globals';

/**
 * Keeps every line of JSON that is printed from now on from the output, and returns the list that they are
 * added to, parsed. `jest.restoreAllMocks()` ends it.
 */
export function captureLines(): Record<string, unknown>[] {
  const lines: Record<string, unknown>[] = [];
  const keep = (text: string | Uint8Array) => {
    lines.push(JSON.parse(text.toString()) as Record<string, unknown>);
    return true;
  };
  jest.spyOn(process.stdout, 'write').mockImplementation(keep);
  jest.spyOn(process.stderr, 'write').mockImplementation(keep);
  return lines;
}
