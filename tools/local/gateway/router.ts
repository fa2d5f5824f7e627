/**
 * Finds the route of a request by the rules of an HTTP API.
 * Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
 */
import type { Route } from '../template/read-routes.ts';

/** A route with its key: `GET /path/{parameter}`, or `$default`. */
interface KeyedRoute {
  readonly key: string;
}

export interface Match<R extends KeyedRoute = Route> {
  readonly route: R;
  /** Decoded values by name. */
  readonly pathParameters: Readonly<Record<string, string>>;
}

/** How exactly a path segment matches; a smaller number is more specific. */
const LITERAL = 0;
const PARAMETER = 1;
const GREEDY = 2;

type Kind = typeof LITERAL | typeof PARAMETER | typeof GREEDY;

interface Segment {
  readonly kind: Kind;
  /** The literal text, or the name of the parameter. */
  readonly text: string;
}

interface Pattern<R extends KeyedRoute> {
  readonly route: R;
  readonly method: string;
  readonly segments: readonly Segment[];
}

export class Router<R extends KeyedRoute = Route> {
  readonly #patterns: readonly Pattern<R>[];
  readonly #fallback: R | undefined;

  constructor(routes: readonly R[]) {
    this.#fallback = routes.find(({ key }) => key === '$default');
    this.#patterns = routes
      .filter(({ key }) => key !== '$default')
      .map((route) => parsePattern(route))
      .sort(compareSpecificity);
  }

  /**
   * Returns the most specific route that matches, `$default` last; undefined when there is none.
   * @param path from the request line, still encoded, without the query
   */
  match(method: string, path: string): Match<R> | undefined {
    const segments = splitPath(path);
    for (const pattern of this.#patterns) {
      if (pattern.method !== method && pattern.method !== 'ANY') continue;
      const pathParameters = matchSegments(pattern.segments, segments);
      if (pathParameters !== undefined) return { route: pattern.route, pathParameters };
    }
    return this.#fallback && { route: this.#fallback, pathParameters: {} };
  }
}

/** Decodes percent encoding; returns a wrongly encoded text unchanged. */
export function decodePercent(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function parsePattern<R extends KeyedRoute>(route: R): Pattern<R> {
  const [method = '', path = ''] = route.key.split(' ');
  const segments = splitPath(path).map((text): Segment => {
    if (/^\{.+\+\}$/.test(text)) return { kind: GREEDY, text: text.slice(1, -2) };
    if (/^\{.+\}$/.test(text)) return { kind: PARAMETER, text: text.slice(1, -1) };
    return { kind: LITERAL, text };
  });
  return { route, method, segments };
}

function splitPath(path: string): string[] {
  return path.replace(/^\//, '').split('/');
}

/** Orders patterns by the first segment that differs; for equal paths, a specific method comes before ANY. */
function compareSpecificity(a: Pattern<KeyedRoute>, b: Pattern<KeyedRoute>): number {
  const length = Math.min(a.segments.length, b.segments.length);
  for (let index = 0; index < length; index++) {
    const difference = (a.segments[index]?.kind ?? LITERAL) - (b.segments[index]?.kind ?? LITERAL);
    if (difference !== 0) return difference;
  }
  return Number(a.method === 'ANY') - Number(b.method === 'ANY');
}

/** Returns the parameters when the path matches. A parameter matches exactly one non-empty segment. */
function matchSegments(
  pattern: readonly Segment[],
  path: readonly string[],
): Record<string, string> | undefined {
  const parameters: [string, string][] = [];
  for (const [index, { kind, text }] of pattern.entries()) {
    const segment = path[index];
    if (segment === undefined) return undefined;
    if (kind === GREEDY) {
      const rest = path.slice(index).join('/');
      return rest === '' ? undefined : Object.fromEntries([...parameters, [text, decodePercent(rest)]]);
    }
    if (kind === LITERAL && decodePercent(segment) !== text) return undefined;
    if (kind === PARAMETER) {
      if (segment === '') return undefined;
      parameters.push([text, decodePercent(segment)]);
    }
  }
  return path.length === pattern.length ? Object.fromEntries(parameters) : undefined;
}
