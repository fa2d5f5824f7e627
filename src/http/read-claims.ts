/** Reads the claims of a verified token, in each form that an issuer gives them (ADR 9). */
import { MAX_ACCOUNT_ID, parseAccountId } from '../domain/ids.ts';

/** The claims of a token, as they were parsed from JSON: a name may be any text, also `__proto__`. */
export type Claims = Readonly<Record<string, unknown>>;

/** A claim that a token has, and the name by which it was found. */
export interface FoundClaim {
  readonly name: string;
  readonly value: unknown;
}

/** Separates the accounts of a text: one comma, spaces around it allowed, or spaces. */
const ACCOUNT_SEPARATOR = / *, *| +/;

/**
 * Returns the claim of a name, or undefined. The name may have dots. Where no claim has it as a whole, it is
 * a path through objects, in which the longest name that exists comes first, too. Only what the token itself
 * has is found, and nothing inside a list or a text.
 */
export function findClaim(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  const parts = name.split('.');
  for (let count = parts.length - 1; count > 0; count -= 1) {
    const outer = parts.slice(0, count).join('.');
    const object = Object.hasOwn(claims, outer) ? claims[outer] : undefined;
    const found = isObject(object) ? findClaim(object, parts.slice(count).join('.')) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Returns the first of several claims that is present, whatever its value is. */
export function findFirstClaim(claims: Claims, names: readonly string[]): FoundClaim | undefined {
  for (const name of names) {
    const value = findClaim(claims, name);
    if (value !== undefined) return { name, value };
  }
  return undefined;
}

/**
 * Reads the account ids of a claim: a number, a text of digits separated by spaces or commas, or a list of
 * numbers and digits. A text that has anything else names no account. Of a list, an element that is anything
 * else names none, and the others count.
 */
export function readAccounts(claim: unknown): readonly number[] {
  if (typeof claim === 'string') {
    const accounts = claim.split(ACCOUNT_SEPARATOR).map(readAccount);
    return accounts.includes(undefined) ? [] : accounts.filter((account) => account !== undefined);
  }
  const elements: readonly unknown[] = Array.isArray(claim) ? claim : [claim];
  return elements.map(readAccount).filter((account) => account !== undefined);
}

function readAccount(value: unknown): number | undefined {
  if (typeof value === 'string') return parseAccountId(value);
  const isAccount =
    typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= MAX_ACCOUNT_ID;
  return isAccount ? value : undefined;
}

/**
 * Reads the scopes of a claim: a text in which spaces separate them, or a list of texts, each of which is one
 * scope. https://datatracker.ietf.org/doc/html/rfc6749#section-3.3
 */
export function readScopes(claim: unknown): readonly string[] {
  if (typeof claim === 'string') return claim.split(' ').filter((scope) => scope !== '');
  return Array.isArray(claim) ? claim.filter((scope) => typeof scope === 'string') : [];
}

/** Describes what a claim is, for the log: never its value. */
export function describeClaim(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return describeList(value);
  const words: Readonly<Record<string, string>> = {
    string: value === '' ? 'an empty text' : 'a text',
    number: 'a number',
    boolean: 'true or false',
  };
  return words[typeof value] ?? 'an object';
}

function describeList(list: readonly unknown[]): string {
  if (list.length === 0) return 'an empty list';
  const kinds = new Set(list.map((element) => (Array.isArray(element) ? 'list' : typeof element)));
  const words: Readonly<Record<string, string>> = { string: 'text', number: 'number' };
  const [kind = ''] = kinds;
  const word = kinds.size === 1 ? (words[kind] ?? 'element') : 'element';
  return `a list of ${list.length} ${word}${list.length === 1 ? '' : 's'}`;
}

function isObject(value: unknown): value is Claims {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
