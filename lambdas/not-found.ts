/**
 * The catch-all route: answers requests that match no other route with the contract's 404, and preflights
 * with 204. To the latter, API Gateway adds the headers that a browser looks for (ADR 41).
 */
import { RouteNotFoundError } from '../src/domain/errors.ts';
import { makeHttpHandler } from '../src/http/http-handler.ts';
import { isPreflight } from '../src/http/message.ts';

export const handler = makeHttpHandler((request) =>
  isPreflight(request)
    ? Promise.resolve({ statusCode: 204 })
    : Promise.reject(new RouteNotFoundError('No route matches.')),
);
