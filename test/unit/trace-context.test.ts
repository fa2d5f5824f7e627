/** Tests the trace context of requests and answers: https://www.w3.org/TR/trace-context/ */
import { describe, expect, test } from '@jest/globals';
import { formatXrayHeader, parseTraceparent, parseXrayHeader } from '../../src/domain/trace.ts';
import { makeTraceContext } from '../../src/observability/trace-context.ts';

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = `00-${TRACE_ID}-00f067aa0ba902b7-01`;

describe('traceparent', () => {
  test('a valid one is continued with a span of our own', () => {
    const trace = makeTraceContext({ traceparent: PARENT });
    expect(trace.traceId).toBe(TRACE_ID);
    expect(trace.traceparent).toBe(`00-${TRACE_ID}-${trace.spanId}-01`);
    expect(trace.spanId).not.toBe('00f067aa0ba902b7');
    expect(trace).toMatchObject({ parentId: '00f067aa0ba902b7', sampled: true, continued: true });
  });

  test.each([
    ['nothing', undefined],
    ['a garbled one', 'garbage'],
    ['upper case', PARENT.toUpperCase()],
    ['no trace', `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`],
    ['no parent', `00-${TRACE_ID}-${'0'.repeat(16)}-01`],
    ['the forbidden version', `ff-${TRACE_ID}-00f067aa0ba902b7-01`],
    ['more than version 00 has', `${PARENT}-what`],
  ])('%s starts a new trace', (_name, traceparent) => {
    const trace = makeTraceContext({ traceparent, tracestate: 'a=1' });
    expect(trace.traceId).not.toBe(TRACE_ID);
    expect(trace.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    expect(trace.tracestate).toBe(`fielding-jobs=${trace.spanId}`);
  });

  test('a later version is read as far as version 00 defines it', () => {
    expect(makeTraceContext({ traceparent: `01-${TRACE_ID}-00f067aa0ba902b7-03-more` }).traceparent).toMatch(
      new RegExp(`^00-${TRACE_ID}-[0-9a-f]{16}-01$`),
    );
  });

  test('a new trace takes the id of the X-Ray trace', () => {
    const xray = 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1';
    const trace = makeTraceContext({}, xray);
    expect(trace.traceparent).toBe(`00-5759e988bd862e3fe1be46a994272793-${trace.spanId}-01`);
    expect(trace).toMatchObject({ parentId: '53995c3f42cd8ad8', sampled: true, continued: false });
  });

  test('a new trace without an X-Ray trace begins with the time, and is not recorded', () => {
    const { traceId, sampled } = makeTraceContext({});
    const age = Date.now() / 1000 - parseInt(traceId.slice(0, 8), 16);
    expect(Math.abs(age)).toBeLessThan(60);
    expect(traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(sampled).toBe(false);
  });
});

describe('tracestate', () => {
  const answerTracestate = (tracestate: string) => {
    const { tracestate: answered, spanId } = makeTraceContext({ traceparent: PARENT, tracestate });
    return answered.replace(spanId, 'SPAN');
  };

  test('it has our entry first, then the received entries without an older one of ours', () => {
    expect(answerTracestate('a=1, b@x=2,fielding-jobs=old')).toBe('fielding-jobs=SPAN,a=1,b@x=2');
  });

  test('a malformed one is dropped', () => {
    expect(answerTracestate('a=1,nonsense')).toBe('fielding-jobs=SPAN');
    expect(answerTracestate('a=1\r\nx: y')).toBe('fielding-jobs=SPAN');
  });

  test('it stays within 32 members', () => {
    const list = (total: number) => Array.from({ length: total }, (_, i) => `k${i}=v`);
    // The right-most one makes room for ours.
    expect(answerTracestate(list(32).join(','))).toBe(['fielding-jobs=SPAN', ...list(31)].join(','));
  });

  /** An entry with so many characters. */
  const anEntry = (key: string, length: number) => `${key}=${'v'.repeat(length - key.length - 1)}`;
  const SPAN_LENGTH = 'fielding-jobs='.length + 16;

  test('of up to 512 characters it is passed on whole, also with long entries', () => {
    const exact = [anEntry('a', 200), anEntry('b', 200), anEntry('c', 110)].join(',');
    expect(exact).toHaveLength(512);
    expect(answerTracestate(exact)).toBe(`fielding-jobs=SPAN,${exact}`);
  });

  test('of more characters it loses its long entries first, the last of them at first', () => {
    const [first, second, short] = [anEntry('a', 129), anEntry('b', 129), anEntry('c', 128)];
    expect(answerTracestate([first, second, short, anEntry('d', 128)].join(','))).toBe(
      ['fielding-jobs=SPAN', first, short, anEntry('d', 128)].join(','),
    );
    const many = Array.from({ length: 25 }, (_, i) => anEntry(`k${i}`, 15));
    expect(answerTracestate([first, ...many, second].join(','))).toBe(
      ['fielding-jobs=SPAN', ...many].join(','),
    );
  });

  test('of more characters it loses whole entries at its end, until it has 512 with ours', () => {
    const entries = Array.from({ length: 20 }, (_, i) => anEntry(`k${i}`, 29));
    const kept = Math.floor((512 - SPAN_LENGTH) / 30);
    expect(answerTracestate(entries.join(','))).toBe(
      ['fielding-jobs=SPAN', ...entries.slice(0, kept)].join(','),
    );
  });

  test('keeps what has exactly 512 characters with ours', () => {
    const kept = [120, 120, 120, 118].map((length, i) => anEntry(`k${i}`, length)).join(',');
    expect(kept.length + ','.length + SPAN_LENGTH).toBe(512);
    expect(answerTracestate(`${kept},${anEntry('last', 100)}`)).toBe(`fielding-jobs=SPAN,${kept}`);
  });

  test('one of more than 32 members is dropped; empty ones do not count', () => {
    const list = (total: number) => Array.from({ length: total }, (_, i) => `k${i}=v`).join(',');
    expect(answerTracestate(list(33))).toBe('fielding-jobs=SPAN');
    expect(answerTracestate(`${list(31)}, ,`)).toBe(`fielding-jobs=SPAN,${list(31)}`);
  });
});

describe('names of a trace', () => {
  const XRAY_ID = '1-4bf92f35-77b34da6a3ce929d0e0e4736';

  test('convert between both notations', () => {
    const span = parseTraceparent(`00-${TRACE_ID}-00f067aa0ba902b7-01`);
    const header = span === undefined ? '' : formatXrayHeader(span);
    expect(header).toBe(`Root=${XRAY_ID};Parent=00f067aa0ba902b7;Sampled=1`);
    expect(parseXrayHeader(header)).toEqual({
      traceId: TRACE_ID,
      parentId: '00f067aa0ba902b7',
      sampled: true,
    });
  });

  test('are not read from malformed headers, and are incomplete if only the root is given', () => {
    for (const header of ['', 'Root=1-0-0', `Root=${XRAY_ID}0`, `Self=${XRAY_ID}`]) {
      expect(parseXrayHeader(header)).toBeUndefined();
    }
    expect(parseXrayHeader(`Root=${XRAY_ID}`)).toEqual({
      traceId: TRACE_ID,
      parentId: undefined,
      sampled: false,
    });
  });
});
