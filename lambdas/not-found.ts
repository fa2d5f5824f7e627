/** The catch-all route: what no other route serves is answered with the contract's 404. */
import { RouteNotFoundError } from '../src/domain/errors.ts';
import { httpHandler } from '../src/http/http-handler.ts';

export const handler = httpHandler(() => Promise.reject(new RouteNotFoundError('No route matches.')));
