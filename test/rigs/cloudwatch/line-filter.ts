/** Parses the `filter` of a saved query, as far as the stack uses it: =, !=, >, <, in, like, and, or, (). */
import { type LogLine, valueOf } from './log-line.ts';

type Condition = (line: LogLine, raw: string) => boolean;

const TOKEN = /"[^"]*"|\/(?:[^/\\]|\\.)+\/|[A-Za-z_@][\w.@]*|-?\d+(?:\.\d+)?|!=|>=|<=|\S/g;

/** A placeholder that an operator replaces; it matches any value. */
const PLACEHOLDER = /^[A-Z]+_ID$/;

/**
 * Makes a condition from the text after `filter`.
 *
 * @throws Error for syntax that it does not know
 */
export function lineFilter(text: string): Condition {
  const tokens = text.match(TOKEN) ?? [];
  const take = () => tokens.shift() ?? 'nothing';
  const fail = (token: string) => new Error(`${token} is not understood in the filter ${text}`);

  const any = (): Condition => {
    const all = [each()];
    while (tokens[0] === 'or') {
      take();
      all.push(each());
    }
    return (line, raw) => all.some((condition) => condition(line, raw));
  };
  const each = (): Condition => {
    const all = [one()];
    while (tokens[0] === 'and') {
      take();
      all.push(one());
    }
    return (line, raw) => all.every((condition) => condition(line, raw));
  };
  const one = (): Condition => {
    const field = take();
    if (field === '(') {
      const inner = any();
      if (take() !== ')') throw fail('(');
      return inner;
    }
    const test = comparison(take());
    return (line, raw) => test(field === '@message' ? raw : valueOf(line, field));
  };
  const comparison = (operator: string): ((value: unknown) => boolean) => {
    switch (operator) {
      case 'in': {
        const values = list();
        return (value) => values.includes(value);
      }
      case 'like': {
        const pattern = new RegExp(take().slice(1, -1));
        return (value) => typeof value === 'string' && pattern.test(value);
      }
      case '=':
        return equals(literal());
      case '!=': {
        const same = equals(literal());
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
  const list = (): unknown[] => {
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

  const condition = any();
  if (tokens.length > 0) throw fail(tokens.join(' '));
  return condition;
}

function equals(literal: string | number): (value: unknown) => boolean {
  if (PLACEHOLDER.test(String(literal))) return (value) => value !== undefined && value !== null;
  return (value) => value === literal;
}
