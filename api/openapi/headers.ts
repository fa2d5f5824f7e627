/** Describes the response headers, as `components.headers` of the description. */
import type { Examples } from './examples.ts';
import { ID_PATTERN } from '../../src/domain/ids.ts';
import { ACTION_NAMES } from '../../src/domain/actions.ts';
import { MAX_TRACESTATE_LENGTH, TRACESTATE_KEY } from '../../src/domain/trace.ts';
import { IDEMPOTENT_REPLAYED, JOB_PROGRESS } from '../header-names.ts';
import { makeJobPath } from '../paths.ts';
import type { JsonObject } from './component-schemas.ts';

const ID = ID_PATTERN.source.slice(1, -1);

const TRACEPARENT = '^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$';
const TRACESTATE = `^${TRACESTATE_KEY}=[0-9a-f]{16}(,.*)?$`;
const ANY_PROJECT = { accountId: '[1-9][0-9]*', projectId: ID };
/** Origin and base path of a custom domain. The local stack puts its own in their place, which is http. */
const CUSTOM_BASE = 'https?://[^/?#]+(/[A-Za-z0-9_.-]+)*';
const LOCATION = `^(${CUSTOM_BASE})?${makeJobPath(ANY_PROJECT, `(${ACTION_NAMES.join('|')})`, ID)}$`;

export function makeComponentHeaders(examples: Examples): Record<string, JsonObject> {
  const getExample = (example: string, header: string) => examples[example]?.headers[header];
  return {
    Location: {
      description:
        'The address of the job, without the prefix `/v1`. It can be read at once. A path; of an API with a custom ' +
        'domain the whole URL. Resolve it against the URL of the request, and send your token to no other origin.',
      required: true,
      schema: { type: 'string', pattern: LOCATION },
      example: getExample('resumeCreated', 'location'),
    },
    IdempotentReplayed: {
      description: 'There when the job was there before: the call was a repeat.',
      schema: { type: 'string', const: 'true' },
      example: getExample('repeated', IDEMPOTENT_REPLAYED),
    },
    JobProgress: {
      description: 'How many target groups are settled, and how many distinct ones were asked for.',
      required: true,
      schema: { type: 'string', pattern: '^[0-9]+/[1-9][0-9]*$' },
      example: getExample('processing', JOB_PROGRESS),
    },
    WwwAuthenticate: {
      description: 'The scheme that is asked for.',
      required: true,
      schema: { type: 'string', const: 'Bearer' },
      example: getExample('noToken', 'www-authenticate'),
    },
    RetryAfter: {
      description: 'Seconds to wait. Absent when the gateway answers by itself.',
      schema: { type: 'string', pattern: '^[1-9][0-9]*$' },
      example: '17',
    },
    AcceptEncoding: {
      description: 'The encoding that a body may have: none.',
      required: true,
      schema: { type: 'string', const: 'identity' },
    },
    Traceparent: {
      description: 'W3C Trace Context: the trace of this very request, and its span.',
      required: true,
      schema: { type: 'string', pattern: TRACEPARENT },
      example: getExample('resumeCreated', 'traceparent'),
    },
    Tracestate: {
      description: 'The entry of this service, then what the request brought.',
      required: true,
      schema: { type: 'string', pattern: TRACESTATE, maxLength: MAX_TRACESTATE_LENGTH },
      example: getExample('resumeCreated', 'tracestate'),
    },
    // For a status that a function or API Gateway may answer: API Gateway sends none of our trace headers.
    TraceparentUnlessGateway: {
      description: 'As with other answers; absent when the gateway answers by itself.',
      schema: { type: 'string', pattern: TRACEPARENT },
      example: getExample('malformed', 'traceparent'),
    },
    TracestateUnlessGateway: {
      description: 'As with other answers; absent when the gateway answers by itself.',
      schema: { type: 'string', pattern: TRACESTATE, maxLength: MAX_TRACESTATE_LENGTH },
      example: getExample('malformed', 'tracestate'),
    },
  };
}

export const TRACE_HEADERS = makeHeaderReferences({ traceparent: 'Traceparent', tracestate: 'Tracestate' });

export const TRACE_HEADERS_UNLESS_GATEWAY = makeHeaderReferences({
  traceparent: 'TraceparentUnlessGateway',
  tracestate: 'TracestateUnlessGateway',
});

/**
 * Makes references to `components.headers`.
 * @param names names of the components, by name of the header
 */
export function makeHeaderReferences(names: Readonly<Record<string, string>>): Record<string, JsonObject> {
  return Object.fromEntries(
    Object.entries(names).map(([header, name]) => [header, { $ref: `#/components/headers/${name}` }]),
  );
}
