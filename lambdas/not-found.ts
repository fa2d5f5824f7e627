/** The catch-all route: answers requests that match no other route with the contract's 404. */
import { RouteNotFoundError } from '../src/domain/errors.ts';
import { makeHttpHandler } from '../src/http/http-handler.ts';

export const handler = makeHttpHandler(() => Promise.reject(new RouteNotFoundError('No route matches.')));
