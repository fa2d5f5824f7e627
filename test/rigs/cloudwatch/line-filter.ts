/** Parses the `filter` of a saved query, as far as the stack uses it: =, !=, >, <, in, like, and, or, (). */
import { type LogLine, readField } from './logged-line.ts';

type Condition = (line: LogLine, raw: string) => boolean;

const TOKEN = /"[^"]*"|\/(?:[^/\\]|\\.)+\/|[A-Za-z_@][\w.@]*|-?\d+(?:\.\d+)?|!=|>=|<=|\S/g;

/** A placeholder that an operator replaces; it matches any value. */
const PLACEHOLDER = /^[A-Z]+_ID$/;

/**
 * Makes a condition from the text after `filter`.
 *
 * @throws Error for syntax that it does not know
 */
export function parseFilter(text: string): Condition {
  const tokens = text.match(TOKEN) ?? [];
  const take = () => tokens.shift() ?? 'nothing';
  const fail = (token: string) => new Error(`${token} is not understood in the filter ${text}`);

  const parseOr = (): Condition => {
    const all = [parseAnd()];
    while (tokens[0] === 'or') {
      take();
      all.push(parseAnd());
    }
    return (line, raw) => all.some((condition) => condition(line, raw));
  };
  const parseAnd = (): Condition => {
    const all = [parseTerm()];
    while (tokens[0] === 'and') {
      take();
      all.push(parseTerm());
    }
    return (line, raw) => all.every((condition) => condition(line, raw));
  };
  const parseTerm = (): Condition => {
    const field = take();
    if (field === '(') {
      const inner = parseOr();
      if (take() !== ')') throw fail('(');
      return inner;
    }
    const test = parseComparison(take());
    return (line, raw) => test(field === '@message' ? raw : readField(line, field));
  };
  const parseComparison = (operator: string): ((value: unknown) => boolean) => {
    switch (operator) {
      case 'in': {
        const values = parseList();
        return (value) => values.includes(value);
      }
      case 'like': {
        const pattern = new RegExp(take().slice(1, -1));
        return (value) => typeof value === 'string' && pattern.test(value);
      }
      case '=':
        return makeEquals(literal());
      case '!=': {
        const same = makeEquals(literal());
        return (value) => value !== undefined && !same(value);
      }
      case '>': {
        const limit = Number(literal());
        return (value) => typeof value === 'number' && value > limit;
      }
      case '<': {
        const limit = Number(literal());
        return (value) => typeof value === 'number' && value < limit;
      }
      default:
        throw fail(operator);
    }
  };
  const parseList = (): unknown[] => {
    if (take() !== '[') throw fail('in');
    const values = [literal()];
    while (tokens[0] === ',') {
      take();
      values.push(literal());
    }
    if (take() !== ']') throw fail('[');
    return values;
  };
  const literal = (): string | number => {
    const token = take();
    if (token.startsWith('"')) return token.slice(1, -1);
    if (/^-?\d/.test(token)) return Number(token);
    throw fail(token);
  };

  const condition = parseOr();
  if (tokens.length > 0) throw fail(tokens.join(' '));
  return condition;
}

function makeEquals(parseLiteral: string | number): (value: unknown) => boolean {
  if (PLACEHOLDER.test(String(parseLiteral))) return (value) => value !== undefined && value !== null;
  return (value) => value === parseLiteral;
}
