/** Draws the requests of the fuzzer: a valid request for a route, with up to four changes. */
import fc from 'fast-check';
import { IDEMPOTENCY_KEY } from '../../../api/header-names.ts';
import { type Route, ROUTES } from '../../../api/routes.ts';
import { goodBody } from './bodies.ts';
import { mutations, type Mutation } from './mutations.ts';
import { headerText, pathText } from './texts.ts';
import { FOREIGN_TOKEN } from './fuzz-tokens.ts';
import type { WireRequest } from './wire.ts';
import type { FuzzTargets } from './fuzz-targets.ts';

/** A request with its route and its changes. */
export interface FuzzRequest extends WireRequest {
  /** The route of the valid request. */
  readonly route: string;
  /** The names of the changes to the valid request. */
  readonly done: readonly string[];
  /** Whether the gateway may refuse it before any function receives it. */
  readonly broken: boolean;
}

/** @param targets ids and tokens that the requests can name */
export function requests(targets: FuzzTargets): fc.Arbitrary<FuzzRequest> {
  const base = fc.oneof(
    { weight: 12, arbitrary: knownRouteRequest(targets) },
    { weight: 1, arbitrary: unknownRouteRequest(targets) },
  );
  const change = mutations(targets);
  const changes = fc.oneof(
    { weight: 2, arbitrary: fc.constant([]) },
    { weight: 5, arbitrary: fc.tuple(change) },
    { weight: 3, arbitrary: fc.array(change, { minLength: 2, maxLength: 4 }) },
  );
  return fc.tuple(base, changes).map(([request, done]) => markBroken(done.reduce(applyMutation, request)));
}

/** Draws one request for each route, with a valid token that does not cover the account. */
export function drawForbiddenRequests(targets: FuzzTargets, seed: number): FuzzRequest[] {
  const token = targets.tokens.find(({ name }) => name === FOREIGN_TOKEN);
  return ROUTES.flatMap((route) => {
    const valid = route.method === 'POST' ? createRequest(targets, route) : readRequest(targets, route);
    return fc.sample(valid, { seed, numRuns: 1 }).map((request) => ({
      ...request,
      headers: request.headers.map(([name, value]): [string, string] => [
        name,
        name === 'authorization' ? `Bearer ${token?.text ?? ''}` : value,
      ]),
      done: [`token ${FOREIGN_TOKEN}`],
    }));
  });
}

/** Derives the seed of request number `index` of a run, from 0 on. */
export function deriveSeed(seed: number, index: number): number {
  return (Math.imul(seed, 0x9e37_79b1) + Math.imul(index, 0x85eb_ca6b)) | 0;
}

function applyMutation(request: FuzzRequest, { name, change, breaks }: Mutation): FuzzRequest {
  const { broken, done } = request;
  return { ...request, ...change(request), done: [...done, name], broken: broken || breaks === true };
}

/** Marks a request as broken if its target is neither a path nor a URL. */
function markBroken(request: FuzzRequest): FuzzRequest {
  return { ...request, broken: request.broken || !/^(\/|\*$|https?:\/\/)/i.test(request.target) };
}

/** A valid request for one of the routes. Half of them are creates, because these run the most code. */
function knownRouteRequest(targets: FuzzTargets): fc.Arbitrary<FuzzRequest> {
  const creating = ROUTES.filter(({ method }) => method === 'POST');
  const reading = ROUTES.filter(({ method }) => method === 'GET');
  // Made once: making an arbitrary takes longer than drawing from it.
  return fc.oneof(
    fc.oneof(...creating.map((route) => createRequest(targets, route))),
    fc.oneof(...reading.map((route) => readRequest(targets, route))),
  );
}

function createRequest(targets: FuzzTargets, route: Route): fc.Arbitrary<FuzzRequest> {
  const fresh = fc.tuple(fc.uuid(), goodBody(targets)).map(([key, body]) => ({ key, body }));
  // A repeat of a call that may have been made; sometimes with other ids, which is refused.
  const repeat = fc.tuple(fc.nat(60), rarely(goodBody(targets))).map(([n, other]) => ({
    key: `key ${n}`,
    body:
      other ?? Buffer.from(JSON.stringify({ target_group_ids: [targets.groups[n % targets.groups.length]] })),
  }));
  return fc.oneof(fresh, { weight: 3, arbitrary: repeat }).map(({ key, body }) => ({
    ...makeValidRequest(targets, 'POST', fillPath(route, targets), formatRoute(route)),
    headers: [...makeHeaders(targets), [IDEMPOTENCY_KEY, key], ['content-type', 'application/json']],
    body,
    framing: 'length',
  }));
}

function rarely<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.oneof({ weight: 8, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
}

function readRequest(targets: FuzzTargets, route: Route): fc.Arbitrary<FuzzRequest> {
  const ids = route.path.includes('{job_id}') ? targets.jobs : targets.groups;
  return fc
    .constantFrom(...ids)
    .map((id) => makeValidRequest(targets, 'GET', fillPath(route, targets, id), formatRoute(route)));
}

function unknownRouteRequest(targets: FuzzTargets): fc.Arbitrary<FuzzRequest> {
  const path = fc.oneof(
    fc.array(pathText, { maxLength: 6 }).map((segments) => `/${segments.join('/')}`),
    fc.constantFrom(
      '/',
      '//',
      '/demand',
      '/v1',
      '/favicon.ico',
      '/.env',
      '/admin',
      '/demand/accounts/101',
      '*',
    ),
    headerText.map((text) => `/${encodeURIComponent(text)}`),
  );
  return path
    .filter((text) => !/^\/(_local|docs)/.test(text))
    .map((target) => makeValidRequest(targets, target === '*' ? 'OPTIONS' : 'GET', target, '$default'));
}

/** Formats a route as its method and its path without the tenant. */
export function formatRoute({ method, path }: Route): string {
  return `${method} ${path.replace('/accounts/{account_id}/projects/{project_id}', '/…')}`;
}

function fillPath({ path }: Route, { tenant }: FuzzTargets, id = ''): string {
  return path
    .replace('{account_id}', String(tenant.accountId))
    .replace('{project_id}', tenant.projectId)
    .replace(/\{(job_id|target_group_id)\}/, id);
}

function makeHeaders({ tokens: [token] }: FuzzTargets): [string, string][] {
  return [
    ['host', 'localhost'],
    ['connection', 'close'],
    ['authorization', `Bearer ${token?.text ?? ''}`],
  ];
}

function makeValidRequest(targets: FuzzTargets, method: string, target: string, route: string): FuzzRequest {
  return {
    route,
    method,
    target,
    version: 'HTTP/1.1',
    headers: makeHeaders(targets),
    body: Buffer.alloc(0),
    framing: 'none',
    flips: [],
    done: [],
    broken: false,
  };
}
