/** Tests that the check of end-to-end traffic finds deviations from the description of the API (ADR 25). */
import { describe, expect, test } from '@jest/globals';
import { readExamples } from '../../api/openapi/examples.ts';
import { Conformance, type Exchange } from '../rigs/conformance/conformance.ts';
import { requireConformance, OutsideDescriptionError } from '../rigs/conformance/check-exchange.ts';

const conformance = new Conformance();
const examples = readExamples();

const encodeClaims = (scope: string) => Buffer.from(JSON.stringify({ scope })).toString('base64url');
const TOKEN = `Bearer e30.${encodeClaims('batch-jobs:write batch-jobs:read')}.AAAA`;
const BODY = JSON.stringify({ target_group_ids: ['01JDEM0TARGETGR0VP10000001'] });

/** Returns a recorded call, with request headers as a client would send them. */
function makeRecordedExchange(name: string, changes: Partial<Exchange['answer']> = {}): Exchange {
  const { request, status, headers, body } = examples[name] ?? { request: '', status: 0, headers: {} };
  const [method = '', path = ''] = request.split(' ');
  const text = body === undefined ? '' : JSON.stringify(body);
  return {
    method,
    path,
    headers: { Authorization: TOKEN, 'Idempotency-Key': 'k' },
    body: method === 'POST' ? BODY : undefined,
    answer: { status, headers: new Map(Object.entries(headers)), text, ...changes },
  };
}

function withBody(name: string, change: (body: Record<string, unknown>) => void): Exchange {
  const exchange = makeRecordedExchange(name);
  const body = JSON.parse(exchange.answer.text) as Record<string, unknown>;
  change(body);
  return { ...exchange, answer: { ...exchange.answer, text: JSON.stringify(body) } };
}

function withHeader(name: string, header: string, value?: string): Exchange {
  const exchange = makeRecordedExchange(name);
  const headers = new Map(exchange.answer.headers);
  if (value === undefined) headers.delete(header);
  else headers.set(header, value);
  return { ...exchange, answer: { ...exchange.answer, headers } };
}

test.each(Object.keys(examples))('%s conforms to the description as it was recorded', (name) => {
  expect(conformance.findComplaints(makeRecordedExchange(name))).toEqual([]);
});

describe('an answer does not conform', () => {
  test.each<[string, Exchange, string]>([
    ['with another status', makeRecordedExchange('noToken', { status: 402 }), '/status: 402'],
    ['with a 2xx of another operation', makeRecordedExchange('resumeEnded', { status: 201 }), '/status: 201'],
    [
      'with a 401 at an unknown route',
      { ...makeRecordedExchange('noToken'), path: '/nowhere' },
      '/status: 401',
    ],
    ['without a field', withBody('resumeEnded', (body) => delete body['created_by']), '/body: '],
    ['with another field', withBody('resumeEnded', (body) => (body['extra'] = 1)), '/body: must NOT'],
    ['with another type', withBody('fieldingRuns', (body) => (body['data'] = {})), '/body/data: '],
    [
      'with another status of a job',
      withBody('resumeEnded', (b) => (b['status'] = 'Done')),
      '/body/status: ',
    ],
    ['with the object of another error', withBody('noToken', (b) => (b['object'] = 'x')), '/body/object: '],
    ['with faults on a 404', withBody('unknownJob', (b) => (b['invalid_params'] = [])), '/body: must NOT'],
    ['without faults on a 400', withBody('malformed', (b) => delete b['invalid_params']), '/body'],
    [
      'with a time without milliseconds',
      withBody('resumeEnded', (b) => (b['created_at'] = '2026-01-01T00:00:00Z')),
      '/body/created_at: ',
    ],
    [
      'with a body where none is described',
      makeRecordedExchange('resumeCreated', { text: '{}' }),
      '/body: 2 characters',
    ],
    [
      'with a body that is no JSON',
      makeRecordedExchange('resumeEnded', { text: '<html>' }),
      '/body: no JSON',
    ],
    ['without its location', withHeader('resumeCreated', 'location'), '/headers/location: is missing'],
    ['with a location elsewhere', withHeader('resumeCreated', 'location', '/x'), '/headers/location: '],
    ['without its trace', withHeader('resumeEnded', 'traceparent'), '/headers/traceparent: is missing'],
    [
      'without its trace, on a 400',
      withHeader('malformed', 'traceparent'),
      '/headers/traceparent: is missing',
    ],
    [
      'without its progress',
      withHeader('resumeEnded', 'x-job-progress'),
      '/headers/x-job-progress: is missing',
    ],
    [
      'without www-authenticate',
      withHeader('noToken', 'www-authenticate'),
      '/headers/www-authenticate: is missing',
    ],
    ['with a header of its own', withHeader('resumeEnded', 'x-new', '1'), '/headers/x-new: is not described'],
    [
      'with another content type',
      withHeader('resumeEnded', 'content-type', 'text/html'),
      '/headers/content-type: text/html',
    ],
    ['without a content type', withHeader('resumeEnded', 'content-type'), '/headers/content-type: none'],
  ])('%s', (_name, exchange, complaint) => {
    expect(conformance.findComplaints(exchange)).toEqual([expect.stringContaining(complaint)]);
    expect(() => {
      requireConformance('http://localhost', exchange);
    }).toThrow(OutsideDescriptionError);
  });

  test('from the gateway, with a status that only functions answer', () => {
    const gateway = { headers: new Map([['content-type', 'application/json']]), text: '{"message":"No"}' };
    for (const status of [400, 413, 429, 431, 500, 503]) {
      expect(conformance.findComplaints(makeRecordedExchange('unknownJob', { ...gateway, status }))).toEqual(
        [],
      );
    }
    for (const status of [401, 403, 404]) {
      expect(
        conformance.findComplaints(makeRecordedExchange('unknownJob', { ...gateway, status })),
      ).not.toEqual([]);
    }
  });
});

test('an answer to HEAD conforms without a body, and of a function only with its trace', () => {
  const head = { ...makeRecordedExchange('unknownRoute', { text: '' }), method: 'HEAD' };
  expect(conformance.findComplaints(head)).toEqual([]);
  const untraced = { ...head, answer: { ...head.answer, headers: new Map<string, string>() } };
  expect(conformance.findComplaints(untraced)).toHaveLength(2);
  const broken = { ...untraced, broken: true, answer: { ...untraced.answer, status: 400 } };
  expect(conformance.findComplaints(broken)).toEqual([]);
});

describe('an accepted request does not conform', () => {
  const created = makeRecordedExchange('resumeCreated');
  const makeCreateExchange = (headers: Record<string, string>, body = BODY): Exchange => ({
    ...created,
    headers: { authorization: TOKEN, 'idempotency-key': 'k', ...headers },
    body,
  });

  test.each<[string, Exchange, string]>([
    [
      'without a key',
      { ...created, headers: { authorization: TOKEN } },
      '/header/Idempotency-Key: is missing',
    ],
    ['with an empty key', makeCreateExchange({ 'idempotency-key': '' }), '/header/Idempotency-Key: '],
    [
      'with another version',
      makeCreateExchange({ 'cint-api-version': '2024-01-01' }),
      '/header/Cint-API-Version: ',
    ],
    ['without a body', { ...created, body: undefined }, '/body: no JSON'],
    ['with a body of no ids', makeCreateExchange({}, '{"target_group_ids":[]}'), '/body/target_group_ids: '],
    ['with another field', makeCreateExchange({}, BODY.replace('{', '{"dry_run":true,')), '/body: must NOT'],
    ['of an account 0', { ...created, path: created.path.replace('101', '0') }, '/path/account_id: '],
    ['of an account 0101', { ...created, path: created.path.replace('101', '0101') }, '/path/account_id: '],
    ['without a token', { ...created, headers: { 'idempotency-key': 'k' } }, 'scope batch-jobs:write'],
    [
      'with only the scope to read',
      makeCreateExchange({ authorization: `Bearer e30.${encodeClaims('batch-jobs:read')}.AA` }),
      'scope batch-jobs:write',
    ],
  ])('%s', (_name, exchange, complaint) => {
    expect(conformance.findComplaints(exchange)).toEqual([expect.stringContaining(complaint)]);
  });

  test('under the other prefix as well', () => {
    const { path } = created;
    expect(conformance.findComplaints({ ...created, path: `/v1${path}` })).toEqual([]);
    expect(conformance.findComplaints({ ...created, path: `/v1${path}`, body: '{}' })).toHaveLength(1);
    expect(conformance.findComplaints({ ...created, path: `/v2${path}` })).toEqual([
      expect.stringContaining('/status: 201'),
    ]);
  });

  test('only if it was accepted', () => {
    const refused = { ...makeRecordedExchange('malformed'), headers: {}, body: '{' };
    expect(conformance.findComplaints(refused)).toEqual([]);
  });
});
