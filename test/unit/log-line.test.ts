/** Tests that each event is one short log line without the AWS account id, whatever a client sends. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import fc from 'fast-check';
import { LEVELS, type Report } from '../../src/observability/events.ts';
import { UnauthenticatedError } from '../../src/domain/errors.ts';
import type { Handle, makeHttpHandler as HttpHandler } from '../../src/http/http-handler.ts';
import type { writeLine as WriteLine } from '../../src/observability/logger.ts';
import { makePropertySettings } from '../support/properties.ts';

let writeLine: typeof WriteLine;
let httpHandler: typeof HttpHandler;
let printed = '';

beforeAll(async () => {
  process.env['POWERTOOLS_LOG_LEVEL'] = 'INFO';
  ({ writeLine } = await import('../../src/observability/logger.ts'));
  ({ makeHttpHandler: httpHandler } = await import('../../src/http/http-handler.ts'));
});

beforeEach(() => {
  printed = '';
  const take = (text: string | Uint8Array) => {
    printed += text.toString();
    return true;
  };
  jest.spyOn(process.stdout, 'write').mockImplementation(take);
  jest.spyOn(process.stderr, 'write').mockImplementation(take);
});

afterEach(() => {
  jest.restoreAllMocks();
});

/** Returns the only line that was printed since the last call, parsed. */
function takeLine(): Record<string, unknown> {
  const lines = printed.split('\n');
  printed = '';
  expect(lines).toHaveLength(2);
  expect(lines[1]).toBe('');
  expect(lines[0]?.length).toBeLessThan(16_000);
  // Terminals and log viewers read these characters as the end of a line or as a command.
  expect(lines[0]).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069]/u);
  return JSON.parse(lines[0] ?? '') as Record<string, unknown>;
}

const REFUSED = { event: 'request.refused', errorId: 'e', status: 400, route: 'r' } as const;
const makeFailedReport = (cause: unknown): Report => ({ event: 'chunk.failed', jobId: 'J', chunk: 0, cause });

const HOSTILE = [
  'a\nb\r\n{"level":"INFO","message":"job.created"}',
  '\u001b[2J\u001b]0;title\u0007',
  'next\u2028line\u2029paragraph\u0085next',
  '\u202edrawkcab\u2066',
  '\u009b31m',
  '\u0000\u007f',
  '__proto__',
  '\ud800',
];

describe('a log line', () => {
  test.each(HOSTILE)('with %j in it is one line with the same event and level', (text) => {
    writeLine({ ...REFUSED, errorId: text, evidence: { reason: text, list: [text] } });
    const line = takeLine();
    expect(line['message']).toBe('request.refused');
    expect(line['level']).toBe('INFO');
  });

  test('with any text in any place is one line', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...HOSTILE));
    fc.assert(
      fc.property(text, text, text, (a, b, c) => {
        const cause = new Error(a, { cause: new UnauthenticatedError(b, { reason: c }) });
        writeLine({ ...REFUSED, event: 'request.failed', errorId: c, cause });
        takeLine();
        writeLine({ ...REFUSED, kind: a, evidence: { reason: b, list: [c] } });
        takeLine();
      }),
      makePropertySettings(300),
    );
  });

  test('with a huge text has its beginning and its length', () => {
    const huge = 'x'.repeat(1_000_000);
    writeLine({ ...REFUSED, evidence: { reason: huge } });
    expect(takeLine()).toMatchObject({
      evidence: { reason: `${'x'.repeat(1000)}... of 1000000 characters` },
    });
    const error = new Error(huge, { cause: new Error(huge) });
    error.stack = huge;
    writeLine(makeFailedReport(error));
    expect(takeLine()).toMatchObject({
      error: {
        message: `${'x'.repeat(1000)}... of 1000000 characters`,
        stack: `${'x'.repeat(5000)}... of 1000000 characters`,
      },
    });
  });

  test('of something thrown that is no error has it as the cause', () => {
    writeLine(makeFailedReport('broken'));
    expect(takeLine()).toMatchObject({ cause: 'broken' });
  });

  test('of an error has its stack', () => {
    writeLine(makeFailedReport(new Error('gone')));
    expect(takeLine()).toMatchObject({ error: { stack: expect.stringMatching(/\n +at /) } });
  });
});

describe('a request', () => {
  const context = {
    awsRequestId: 'r',
    functionName: 'create-job',
    invokedFunctionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:create-job',
    memoryLimitInMB: '1024',
    getRemainingTimeInMillis: () => 10_000,
  } as Context;

  const refuse: Handle = ({ headers }) =>
    Promise.reject(new UnauthenticatedError('no', { reason: `found ${headers['authorization'] ?? ''}` }));

  // Its metrics are lines of their own, and hold nothing that a client sends.
  beforeAll(() => {
    process.env['POWERTOOLS_METRICS_DISABLED'] = 'true';
  });
  afterAll(() => {
    delete process.env['POWERTOOLS_METRICS_DISABLED'];
  });

  test('has lines with the time since it began, not since the function was started', async () => {
    const later = Date.now() + 3_600_000;
    jest.spyOn(Date, 'now').mockReturnValue(later);
    await httpHandler(refuse)({ headers: {} } as APIGatewayProxyEventV2, context);
    expect(takeLine()).toMatchObject({ elapsed_ms: 0 });
  });

  test.each(HOSTILE)('whose headers and path are %j leaves one line', async (text) => {
    const event = {
      routeKey: 'GET /',
      rawPath: `/${text}`,
      rawQueryString: text,
      isBase64Encoded: false,
      headers: Object.fromEntries(
        ['authorization', 'idempotency-key', 'traceparent', 'tracestate', 'user-agent', text].map((name) => [
          name,
          text.repeat(1000),
        ]),
      ),
      pathParameters: { project_id: text, [text]: text },
      body: text,
    } as unknown as APIGatewayProxyEventV2;
    const answer = await httpHandler(refuse)(event, context);
    expect(answer.statusCode).toBe(401);
    const line = takeLine();
    expect(Object.keys(LEVELS)).toContain(line['message']);
    expect(line).toMatchObject({ kind: 'UnauthenticatedError', function_name: 'create-job', status: 401 });
    expect(JSON.stringify(line)).not.toContain('arn:aws');
  });
});
