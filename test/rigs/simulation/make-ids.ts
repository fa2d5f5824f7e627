/** Makes ids of the contract's form, the same ones in every schedule. */

/** @returns `count` ids of 26 characters, in order */
export function makeIds(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => prefix + String(i + 1).padStart(26 - prefix.length, '0'));
}
