/**
 * The cases of the W3C's test suite for trace context: the headers of each request, and what must hold of the
 * trace context that the service passes on. The names are those of the suite.
 * Source: https://github.com/w3c/trace-context/blob/acab820be9db7b3433668baa5cdd43f57f4c4be0/test/test.py, with
 * STRICT_LEVEL 2 and SPEC_LEVEL 2.
 */

export type Header = readonly [name: string, value: string];

/** One request, and what must hold of what is passed on. */
interface TraceRequest {
  readonly headers: readonly Header[];
  /** Whether the trace goes on; otherwise a new one starts. */
  readonly continued: boolean;
  /** Entries of the `tracestate` that are passed on, in this order. */
  readonly kept?: readonly string[];
  /** Keys that must not be passed on. */
  readonly dropped?: readonly string[];
  /** Number of entries that are passed on, with the service's own. */
  readonly entries?: number;
  /** The flags that must be set. */
  readonly flags?: number;
}

export interface TraceCase {
  readonly name: string;
  readonly requests: readonly TraceRequest[];
}

export const TRACE_ID = '12345678901234567890123456789012';
export const PARENT_ID = '1234567890123456';

const ID = `${TRACE_ID}-${PARENT_ID}`;
const VALID: Header = ['traceparent', `00-${ID}-00`];

/** Requests with one traceparent each. */
function withTraceparents(continued: boolean, values: readonly string[]): TraceRequest[] {
  return values.map((value) => ({ headers: [['traceparent', value]], continued }));
}

/** A request with a valid traceparent and these headers. */
function withStates(
  values: readonly string[],
  expected: Omit<TraceRequest, 'headers' | 'continued'>,
): TraceRequest {
  const states = values.map((value): Header => ['tracestate', value]);
  return { headers: [VALID, ...states], continued: true, ...expected };
}

/** Four headers with so many entries: `bar01=01`, `bar02=02`, … */
function countEntries(total: number): string[] {
  const entries = Array.from({ length: total }, (_, i) => String(i + 1).padStart(2, '0')).map(
    (number) => `bar${number}=${number}`,
  );
  return [0, 10, 20, 30].map((from) => entries.slice(from, from + 10).join(','));
}

/** All characters with these codes. */
function listCharacters(...ranges: readonly (readonly [number, number])[]): string {
  return ranges
    .flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, i) => String.fromCharCode(from + i)))
    .join('');
}

const KEY_CHARACTERS = 'abcdefghijklmnopqrstuvwxyz0123456789_-*/';
const VALUE_CHARACTERS = listCharacters([0x20, 0x2b], [0x2d, 0x3c], [0x3e, 0x7e]);

const TRACEPARENT_CASES: Readonly<Record<string, readonly TraceRequest[]>> = {
  test_both_traceparent_and_tracestate_missing: [{ headers: [], continued: false }],
  test_traceparent_included_tracestate_missing: withTraceparents(true, [`00-${ID}-01`]),
  test_traceparent_duplicated: [
    {
      headers: [
        ['traceparent', `00-12345678901234567890123456789011-${PARENT_ID}-01`],
        ['traceparent', `00-${ID}-01`],
      ],
      continued: false,
    },
  ],
  test_traceparent_header_name: ['trace-parent', 'trace.parent'].map((name) => ({
    headers: [[name, `00-${ID}-01`]],
    continued: false,
  })),
  test_traceparent_header_name_valid_casing: ['TraceParent', 'TrAcEpArEnT', 'TRACEPARENT'].map((name) => ({
    headers: [[name, `00-${ID}-01`]],
    continued: true,
  })),
  test_traceparent_version_0x00: withTraceparents(false, [
    `00-${ID}-01.`,
    `00-${ID}-01-what-the-future-will-be-like`,
  ]),
  test_traceparent_version_0xcc: [
    ...withTraceparents(true, [`cc-${ID}-01`, `cc-${ID}-01-what-the-future-will-be-like`]),
    ...withTraceparents(false, [`cc-${ID}-01.what-the-future-will-be-like`]),
  ],
  test_traceparent_version_0xff: withTraceparents(false, [`ff-${ID}-01`]),
  test_traceparent_version_illegal_characters: withTraceparents(false, [`.0-${ID}-01`, `0.-${ID}-01`]),
  test_traceparent_version_too_long: withTraceparents(false, [`000-${ID}-01`, `0000-${ID}-01`]),
  test_traceparent_version_too_short: withTraceparents(false, [`0-${ID}-01`]),
  test_traceparent_trace_id_all_zero: withTraceparents(false, [`00-${'0'.repeat(32)}-${PARENT_ID}-01`]),
  test_traceparent_trace_id_illegal_characters: withTraceparents(false, [
    `00-.2345678901234567890123456789012-${PARENT_ID}-01`,
    `00-1234567890123456789012345678901.-${PARENT_ID}-01`,
  ]),
  test_traceparent_trace_id_too_long: withTraceparents(false, [`00-${TRACE_ID}3-${PARENT_ID}-01`]),
  test_traceparent_trace_id_too_short: withTraceparents(false, [`00-${TRACE_ID.slice(1)}-${PARENT_ID}-01`]),
  test_traceparent_parent_id_all_zero: withTraceparents(false, [`00-${TRACE_ID}-${'0'.repeat(16)}-01`]),
  test_traceparent_parent_id_illegal_characters: withTraceparents(false, [
    `00-${TRACE_ID}-.234567890123456-01`,
    `00-${TRACE_ID}-123456789012345.-01`,
  ]),
  test_traceparent_parent_id_too_long: withTraceparents(false, [`00-${ID}7-01`]),
  test_traceparent_parent_id_too_short: withTraceparents(false, [`00-${TRACE_ID}-123456789012345-01`]),
  test_traceparent_trace_flags_illegal_characters: withTraceparents(false, [`00-${ID}-.0`, `00-${ID}-0.`]),
  test_traceparent_trace_flags_too_long: withTraceparents(false, [`00-${ID}-001`]),
  test_traceparent_trace_flags_too_short: withTraceparents(false, [`00-${ID}-1`]),
  test_traceparent_ows_handling: withTraceparents(true, [
    ` 00-${ID}-01`,
    `\t00-${ID}-01`,
    `00-${ID}-01 `,
    `00-${ID}-01\t`,
    `\t 00-${ID}-01 \t`,
  ]),
  // Level 2.
  test_propagates_random_flag: [{ headers: [['traceparent', `00-${ID}-02`]], continued: true, flags: 2 }],
};

const TRACESTATE_CASES: Readonly<Record<string, readonly TraceRequest[]>> = {
  test_tracestate_included_traceparent_missing: ['foo=1', 'foo=1,bar=2'].map((value) => ({
    headers: [['tracestate', value]],
    continued: false,
    entries: 1,
    dropped: ['foo', 'bar'],
  })),
  test_tracestate_included_traceparent_included: [withStates(['foo=1,bar=2'], { kept: ['foo=1', 'bar=2'] })],
  test_tracestate_header_name: ['trace-state', 'trace.state'].map((name) => ({
    headers: [VALID, [name, 'foo=1']],
    continued: true,
    dropped: ['foo'],
  })),
  test_tracestate_header_name_valid_casing: ['TraceState', 'TrAcEsTaTe', 'TRACESTATE'].map((name) => ({
    headers: [VALID, [name, 'foo=1']],
    continued: true,
    kept: ['foo=1'],
  })),
  test_tracestate_empty_header: [
    withStates([''], { entries: 1 }),
    withStates(['foo=1', ''], { kept: ['foo=1'] }),
    withStates(['', 'foo=1'], { kept: ['foo=1'] }),
  ],
  test_tracestate_multiple_headers_different_keys: [
    withStates(['foo=1,bar=2', 'rojo=1,congo=2', 'baz=3'], {
      kept: ['foo=1', 'bar=2', 'rojo=1', 'congo=2', 'baz=3'],
    }),
  ],
  // The suite also accepts that one of the two is left out. We pass on both.
  test_tracestate_duplicated_keys: [
    withStates(['foo=1,foo=1'], { kept: ['foo=1', 'foo=1'] }),
    withStates(['foo=1,foo=2'], { kept: ['foo=1', 'foo=2'] }),
    withStates(['foo=1', 'foo=1'], { kept: ['foo=1', 'foo=1'] }),
    withStates(['foo=1', 'foo=2'], { kept: ['foo=1', 'foo=2'] }),
  ],
  test_tracestate_all_allowed_characters: [KEY_CHARACTERS, `${KEY_CHARACTERS}@a-z0-9_-*/`].map((key) =>
    withStates([`${key}=${VALUE_CHARACTERS}`], { kept: [`${key}=${VALUE_CHARACTERS}`] }),
  ),
  test_tracestate_ows_handling: [
    ...['foo=1 \t , \t bar=2, \t baz=3', 'foo=1\t \t,\t \tbar=2,\t \tbaz=3'].map((value) =>
      withStates([value], { kept: ['foo=1', 'bar=2', 'baz=3'] }),
    ),
    ...[' foo=1', '\tfoo=1', 'foo=1 ', 'foo=1\t', '\t foo=1 \t'].map((value) =>
      withStates([value], { kept: ['foo=1'] }),
    ),
  ],
  test_tracestate_key_illegal_characters: [
    withStates(['foo =1'], { dropped: ['foo ', 'foo'] }),
    withStates(['FOO=1'], { dropped: ['FOO', 'foo'] }),
    withStates(['foo.bar=1'], { dropped: ['foo.bar'] }),
  ],
  test_tracestate_key_illegal_vendor_format: [
    withStates(['foo@=1,bar=2'], { kept: ['foo@=1', 'bar=2'] }),
    withStates(['@foo=1,bar=2'], { dropped: ['@foo', 'bar'] }),
    withStates(['foo@@bar=1,bar=2'], { kept: ['foo@@bar=1', 'bar=2'] }),
    withStates(['foo@bar@baz=1,bar=2'], { kept: ['foo@bar@baz=1', 'bar=2'] }),
  ],
  test_tracestate_member_count_limit: [
    // Our own entry takes the place of the last.
    withStates(countEntries(32), { kept: countEntries(31).join(',').split(','), entries: 32 }),
    withStates(countEntries(33), { dropped: ['bar01', 'bar33'], entries: 1 }),
  ],
  test_tracestate_key_length_limit: [
    ...[
      'z'.repeat(256),
      `${'t'.repeat(241)}@${'v'.repeat(14)}`,
      `${'t'.repeat(242)}@v`,
      `t@${'v'.repeat(15)}`,
    ].map((key) => withStates(['foo=1', `${key}=1`], { kept: ['foo=1', `${key}=1`] })),
    withStates(['foo=1', `${'z'.repeat(257)}=1`], { dropped: ['foo'] }),
  ],
  test_tracestate_value_illegal_characters: [
    withStates(['foo=bar=baz'], { dropped: ['foo'] }),
    withStates(['foo=,bar=3'], { dropped: ['foo', 'bar'] }),
  ],
};

/** Three requests with the same headers: the spans that are passed on must differ. */
const REPEATED_CASES: Readonly<Record<string, TraceRequest>> = {
  test_multiple_requests_with_valid_traceparent: {
    headers: [['traceparent', `00-${ID}-01`]],
    continued: true,
  },
  test_multiple_requests_without_traceparent: { headers: [], continued: false },
  test_multiple_requests_with_illegal_traceparent: {
    headers: [['traceparent', `00-${'0'.repeat(32)}-${PARENT_ID}-01`]],
    continued: false,
  },
};

export const TRACE_CASES: readonly TraceCase[] = [
  ...Object.entries({ ...TRACEPARENT_CASES, ...TRACESTATE_CASES }).map(([name, requests]) => ({
    name,
    requests,
  })),
  ...Object.entries(REPEATED_CASES).map(([name, request]) => ({
    name,
    requests: [request, request, request],
  })),
];
