/** Draws the changes that the fuzzer makes to a valid request; findings print the name of each change. */
import fc from 'fast-check';
import { hostileBody } from './bodies.ts';
import { brokenText, headerText, NAMES, pathText } from './texts.ts';
import type { Framing, WireRequest } from './wire.ts';
import type { FuzzTargets } from './fuzz-targets.ts';

export interface Mutation {
  readonly name: string;
  readonly change: (request: WireRequest) => Partial<WireRequest>;
  /** Whether the result may be invalid HTTP, which the gateway may refuse. */
  readonly breaks?: boolean;
}

type Header = readonly [string, string];

/** Headers that the functions, the gateway or a proxy interpret. */
const HEADERS = [
  'idempotency-key',
  'cint-api-version',
  'traceparent',
  'tracestate',
  'content-type',
  'accept',
  'user-agent',
  'cookie',
  'x-amzn-trace-id',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-http-method-override',
  'content-encoding',
  'if-none-match',
  'range',
  'origin',
  ...NAMES.filter((name) => /^[a-z_]+$/i.test(name)),
];

const TRACEPARENTS = [
  '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  '00-00000000000000000000000000000000-00f067aa0ba902b7-01',
  'ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  '01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-ff-more',
];

const TRACESTATES = [
  'a=1,b=2',
  'fielding-jobs=x,a=1',
  'a',
  '=',
  ',,,',
  `a=${'x'.repeat(256)}`,
  'a=1,'.repeat(40),
];

const TYPES = [
  'application/octet-stream',
  'text/plain',
  'application/json; charset=utf-16',
  'multipart/form-data; boundary=x',
  'application/x-www-form-urlencoded',
  'application/vnd.api+json',
  '/',
];

export function mutations(targets: FuzzTargets): fc.Arbitrary<Mutation> {
  return fc.oneof(
    { weight: 5, arbitrary: tokenChange(targets) },
    { weight: 6, arbitrary: segmentChange(targets) },
    { weight: 3, arbitrary: pathChange },
    { weight: 2, arbitrary: queryChange },
    { weight: 6, arbitrary: headerChange },
    { weight: 2, arbitrary: missingHeader },
    { weight: 8, arbitrary: hostileBody(targets).map(replaceBody) },
    { weight: 2, arbitrary: methodChange },
    {
      weight: 2,
      arbitrary: fc.constant<Mutation>({ name: 'chunked body', change: () => ({ framing: 'chunked' }) }),
    },
    { weight: 3, arbitrary: breakingChange },
  );
}

const AUTHORIZATIONS: ((text: string) => string[])[] = [
  (text) => [`bearer   ${text}`],
  (text) => [`BEARER ${text}`],
  (text) => [`Basic ${text}`],
  (text) => [`Bearer ${text}`, `Bearer ${text}`],
  (text) => [`Bearer ${text} ${text}`],
  (text) => [`Bearer ${text},`],
  (text) => [text],
  () => ['Bearer'],
  () => [''],
];

function tokenChange({ tokens }: FuzzTargets): fc.Arbitrary<Mutation> {
  const one = fc.constantFrom(...tokens);
  const other = one.map(({ name, text }) => setAuthorization(`token ${name}`, [`Bearer ${text}`]));
  const odd = fc
    .tuple(one, fc.constantFrom(...AUTHORIZATIONS))
    .map(([{ name, text }, write]) => setAuthorization(`token ${name}, written oddly`, write(text)));
  const none = headerText.map((text) => setAuthorization('token of any text', [`Bearer ${text}`]));
  // A token in the wrong header: no answer and no log line may contain it.
  const astray = fc
    .tuple(one, fc.constantFrom('idempotency-key', 'cint-api-version', 'tracestate', 'x-token'))
    .map(([{ text }, name]) => addHeaders(`token as ${name}`, [[name, text]]));
  return fc.oneof({ weight: 4, arbitrary: other }, odd, none, astray);
}

function setAuthorization(name: string, values: readonly string[]): Mutation {
  return {
    name,
    change: ({ headers }) => ({
      headers: [
        ...removeHeader(headers, 'authorization'),
        ...values.map((value): Header => ['authorization', value]),
      ],
    }),
  };
}

/** Replaces a segment of the path: by one of another tenant, an unknown one, or an invalid one. */
function segmentChange({ foreign, groups, jobs, tokens }: FuzzTargets): fc.Arbitrary<Mutation> {
  const text = fc.oneof(
    fc.constantFrom(
      ...groups,
      ...jobs,
      foreign.group,
      foreign.job,
      foreign.tenant.projectId,
      tokens[0]?.text ?? '',
    ),
    fc.constantFrom(String(foreign.tenant.accountId), 'Z'.repeat(26), 'pause', 'resume', 'v1', 'demand'),
    pathText,
  );
  const place = fc.oneof(
    { weight: 3, arbitrary: fc.constant(true) },
    { weight: 1, arbitrary: fc.constant(false) },
  );
  return fc.tuple(text, fc.nat(20), place).map(([put, at, ofId]) => ({
    name: `segment ${at}`,
    change: ({ target }) => ({
      target: changePath(target, (path) => {
        const parts = path.split('/');
        const places = [...parts.keys()].slice(1);
        const ids = places.filter((each) => /^\d+$|^[0-9A-Z]{26}$/.test(parts[each] ?? ''));
        const candidates = ofId && ids.length > 0 ? ids : places;
        parts[candidates[at % candidates.length] ?? 1] = put;
        return parts.join('/');
      }),
    }),
  }));
}

const PATHS: readonly [string, (target: string) => string, boolean?][] = [
  ['slash at the end', (target) => `${target}/`],
  ['double slashes', (target) => target.replaceAll('/', '//')],
  ['dots', (target) => `/x/../.${target}`],
  ['encoded', (target) => target.replace(/[A-Za-z0-9-]/g, (c) => `%${c.charCodeAt(0).toString(16)}`)],
  ['encoded twice', (target) => `/${target.slice(1).replaceAll('/', '%252f')}`],
  ['encoded slashes', (target) => `/${target.slice(1).replaceAll('/', '%2f')}`],
  ['backslashes', (target) => `/${target.slice(1).replaceAll('/', '%5c')}`],
  ['upper case', (target) => target.toUpperCase()],
  ['NUL', (target) => `${target}%00`],
  ['parameters', (target) => `${target};a=b`],
  ['as URL', (target) => `http://localhost${target}`],
  ['as URL of elsewhere', (target) => `https://user:pass@169.254.169.254:80${target}`],
  ['fragment', (target) => `${target}#a`],
  ['very long', (target) => `${target}/${'a'.repeat(60_000)}`],
  ['very many', (target) => `${target}${'/a'.repeat(10_000)}`],
  ['raw bytes', (target) => `${target}\u00ff\u00e4`, true],
  ['without slash', (target) => target.slice(1), true],
  ['spaces', (target) => target.replaceAll('/', ' / '), true],
  ['of another scheme', (target) => `file://${target}`, true],
];

const pathChange: fc.Arbitrary<Mutation> = fc.constantFrom(...PATHS).map(([name, write, breaks]) => ({
  name: `path ${name}`,
  change: ({ target }) => ({ target: changePath(target, write) }),
  breaks: breaks === true,
}));

const queryChange: fc.Arbitrary<Mutation> = fc
  .array(fc.tuple(fc.oneof(fc.constantFrom(...NAMES).map(encodeURIComponent), pathText), pathText), {
    minLength: 1,
    maxLength: 5,
  })
  .map((pairs) => ({
    name: 'query',
    change: ({ target }) => ({
      target: `${target}?${pairs.map(([name, value]) => `${name}=${value}`).join('&')}`,
    }),
  }));

const headerValue = fc.oneof(
  headerText,
  headerText,
  fc.constantFrom(...TRACEPARENTS, ...TRACESTATES, ...TYPES, '2025-12-18', '2024-01-01', 'gzip'),
);

/** Replaces a header, or adds another one of the same name. */
const headerChange: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(fc.constantFrom(...HEADERS), headerValue, fc.boolean()).map(([name, value, beside]) => ({
    name: `${beside ? 'another ' : ''}header ${name}`,
    change: ({ headers }: WireRequest) => ({
      headers: [...(beside ? headers : removeHeader(headers, name)), [name, value] as const],
    }),
  })),
  fc.tuple(fc.constantFrom(...TRACEPARENTS), fc.constantFrom(...TRACESTATES)).map(([parent, state]) =>
    addHeaders('trace', [
      ['traceparent', parent],
      ['tracestate', state],
    ]),
  ),
  fc
    .constantFrom('gzip', 'X-GZIP', 'identity', 'identity, br')
    .map((encoding) => addHeaders(`encoding ${encoding}`, [['content-encoding', encoding]])),
  fc.constantFrom(...TYPES).map((type) => ({
    name: `type ${type}`,
    change: ({ headers }: WireRequest) => ({
      headers: [...removeHeader(headers, 'content-type'), ['content-type', type] as const],
    }),
  })),
  fc.constantFrom(50, 500).map((count) =>
    addHeaders(
      `${count} headers`,
      Array.from({ length: count }, (_, n) => [`x-${n}`, 'y']),
    ),
  ),
);

const missingHeader: fc.Arbitrary<Mutation> = fc
  .constantFrom('authorization', 'idempotency-key', 'content-type')
  .map((name) => ({
    name: `no ${name}`,
    change: ({ headers }) => ({ headers: removeHeader(headers, name) }),
  }));

function replaceBody(body: Buffer): Mutation {
  return {
    name: `body of ${body.length} bytes`,
    change: ({ framing }) => ({ body, framing: framing === 'none' ? 'length' : framing }),
  };
}

const methodChange: fc.Arbitrary<Mutation> = fc
  .constantFrom(
    'GET',
    'POST',
    'PUT',
    'PATCH',
    'DELETE',
    'HEAD',
    'OPTIONS',
    'TRACE',
    'PROPFIND',
    'PURGE',
    'QUERY',
  )
  .map((name) => ({ name: `method ${name}`, change: () => ({ method: name }) }));

/** Makes a request invalid HTTP, or one that the gateway need not pass on. */
const breakingChange: fc.Arbitrary<Mutation> = fc
  .oneof(
    fc
      .constantFrom<Framing>('none', 'longer', 'shorter', 'both', 'bad chunk')
      .map((framing): Mutation => ({ name: `framing ${framing}`, change: () => ({ framing }) })),
    fc.constantFrom('CONNECT', 'FOO', 'get', '', 'G\u0000T', 'A'.repeat(1000)).map((name): Mutation => ({
      name: `method ${JSON.stringify(name.slice(0, 10))}`,
      change: () => ({ method: name }),
    })),
    fc
      .constantFrom('HTTP/1.0', 'HTTP/0.9', 'HTTP/2.0', 'HTTP/1.2', 'HTTP/1.1 x', 'ICY', '')
      .map((version): Mutation => ({ name: `version ${version}`, change: () => ({ version }) })),
    fc
      .array(fc.tuple(fc.nat(2_000), fc.nat(255)), { minLength: 1, maxLength: 4 })
      .map((flips): Mutation => ({ name: 'flipped bytes', change: () => ({ flips }) })),
    fc
      .tuple(fc.oneof(fc.constantFrom(...HEADERS, 'x y', '', 'x:y', '(x)'), brokenText), brokenText)
      .map(([name, value]) => addHeaders('forbidden header', [[name, value]])),
    brokenText.map((text): Mutation => ({
      name: 'forbidden path',
      change: ({ target }) => ({ target: target + text }),
    })),
    fc
      .constantFrom<Header>(
        ['expect', '100-continue'],
        ['expect', 'gold'],
        ['upgrade', 'h2c'],
        ['upgrade', 'websocket'],
        ['connection', 'upgrade'],
        ['transfer-encoding', 'gzip, chunked'],
        ['transfer-encoding', 'identity'],
        ['content-length', '-1'],
        ['content-length', '1e3'],
        ['content-length', '99999999999999999999'],
        ['host', ''],
        ['host', 'a b'],
        ['trailer', 'authorization'],
      )
      .map((line) => addHeaders(`header ${line.join(' ')}`, [line])),
    fc.constant<Mutation>({
      name: 'no host',
      change: ({ headers }) => ({ headers: removeHeader(headers, 'host') }),
    }),
    fc.constant(addHeaders('headers above the limit', [['x-large', 'y'.repeat(300_000)]])),
  )
  .map((mutation) => ({ ...mutation, breaks: true }));

function addHeaders(name: string, more: readonly Header[]): Mutation {
  return { name, change: ({ headers }) => ({ headers: [...headers, ...more] }) };
}

function removeHeader(headers: readonly Header[], name: string): Header[] {
  return headers.filter(([each]) => each !== name);
}

/**
 * Changes the path of a target. A target that is a whole URL keeps its host, or becomes another whole URL: an
 * invalid host would break the request, and the gateway might answer it.
 */
function changePath(target: string, change: (path: string) => string): string {
  const [origin = ''] = /^https?:\/\/[^/]*/.exec(target) ?? [];
  const changed = change(target.slice(origin.length));
  return avoidLocalRoutes(changed.startsWith('/') ? origin + changed : changed);
}

/** Renames `/_local/` and `/docs/`, which only the local stack serves. */
function avoidLocalRoutes(target: string): string {
  return target.replace(/^(https?:\/\/[^/]*)?\/(_local|docs)/i, '/x_local');
}
