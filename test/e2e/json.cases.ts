/**
 * Sends each case of JSONTestSuite as the body of a create call, and in places inside of one. What is not
 * JSON is refused as such, what is JSON for its shape; nothing is stored, and nothing breaks.
 */
import { describe, expect, test } from '@jest/globals';
import { errorBody } from '../../api/answers.ts';
import { IDEMPOTENT_REPLAYED } from '../../api/header-names.ts';
import { makeCollectionPath } from '../../api/paths.ts';
import { ACTION_NAMES } from '../../src/domain/actions.ts';
import { anId } from '../support/builders.ts';
import { Client, readLocation } from '../support/api-client.ts';
import { isUtf8, JSON_CASES, type JsonCase } from '../support/cases/json-cases.ts';
import { aProject, readE2eStack, readObjectLines, scanTable } from '../support/e2e.ts';
import { Leaks } from '../rigs/fuzz/leaks.ts';

/** Longest answer, in characters: it must not grow with its request. */
const LARGEST_ERROR = 2_000;

const NO_OBJECT = 'expected a JSON object, found ';
const NO_LIST = 'expected an array of 1 to 10000 target group ids, found ';
const NO_ID = 'expected 26 characters of 0-9 and A-Z, found ';
const NO_FIELD = 'expected no field besides target_group_ids, found ';
const REPEATED = 'expected one such field, found several';

const stack = readE2eStack();
const client = await Client.signIn(stack.url);
const { tenant, ids } = await aProject(stack, [{}]);
const leaks = new Leaks(stack, { tokens: [], client });
const IDS = JSON.stringify(ids);

/** All refused calls have it, so that the last ones show that no call used it up. */
const key = anId('K');

/** The ten routes that create jobs. Each takes a part of the cases, for a burst of all is above its rate. */
const PATHS = ACTION_NAMES.flatMap((action) =>
  ['', '/v1'].map((prefix) => prefix + makeCollectionPath(tenant, action)),
);

/** A fault: the name of a field, and the beginning of the reason. */
type ExpectedFault = readonly [name: string, reason: string];

interface Place {
  readonly name: string;
  /** What stands before and after the text of a case. */
  readonly around: readonly [before: string, after: string];
  /** The faults when the text is JSON. */
  readonly listFaults: (value: unknown) => readonly ExpectedFault[];
}

const PLACES: readonly Place[] = [
  {
    name: 'the body',
    around: ['', ''],
    listFaults: (value) =>
      isObject(value)
        ? [
            ...Object.entries(value).map(([field, of]): ExpectedFault => [
              field,
              NO_FIELD + describeValue(of),
            ]),
            ['target_group_ids', `${NO_LIST}nothing`],
          ]
        : [['body', NO_OBJECT + describeValue(value)]],
  },
  {
    name: 'in place of the ids',
    around: ['{"target_group_ids":', '}'],
    listFaults: (value) =>
      Array.isArray(value) && value.length > 0
        ? value.map((id, i) => [`target_group_ids[${i}]`, NO_ID + describeValue(id)])
        : [['target_group_ids', NO_LIST + describeValue(value)]],
  },
  {
    name: 'in an unknown field',
    around: [`{"target_group_ids":${IDS},"x":`, '}'],
    listFaults: (value) => [['x', NO_FIELD + describeValue(value)]],
  },
  {
    name: 'in a field that stands twice',
    around: ['{"target_group_ids":', `,"target_group_ids":${IDS}}`],
    listFaults: () => [['target_group_ids', REPEATED]],
  },
];

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Describes a value as docs/api.md's examples do. */
function describeValue(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : `an array of ${value.length}`;
  if (typeof value === 'string') return value === '' ? 'an empty text' : JSON.stringify(value).slice(0, 40);
  if (typeof value === 'number' || typeof value === 'boolean') return `the ${typeof value} ${value}`;
  return 'an object';
}

/** The fault of a body that is not JSON: its place is told. */
function describeNoJson(text: string, { around: [before, after] }: Place): ExpectedFault {
  const body = before + text + after;
  return ['body', /^\ufeff*$/.test(body) ? `${NO_OBJECT}nothing` : 'expected JSON at position '];
}

/** Sends a text in a place, and returns its answer without what differs between two answers. */
async function refuse(path: string, { bytes }: JsonCase, { around }: Place, type: string) {
  const [before, after] = around;
  const body = Uint8Array.from(Buffer.concat([Buffer.from(before), bytes, Buffer.from(after)]));
  const answer = await client.post(path, body, { 'content-type': type, 'idempotency-key': key });
  expect(answer.status).toBe(400);
  expect(answer.headers.get('content-type')).toBe('application/json');
  expect(answer.text.length).toBeLessThan(LARGEST_ERROR);
  expect(leaks.findLeaks(`${[...answer.headers].join('\n')}\n${answer.text}`)).toEqual([]);
  const { id, ...error } = errorBody.parse(JSON.parse(answer.text));
  expect(id).toMatch(/^[0-9a-f-]{36}$/);
  expect(error).toMatchObject({
    object: 'bad_request_error',
    detail: 'The request is not valid; see invalid_params.',
  });
  return error.invalid_params ?? [];
}

describe.each(PLACES)('$name', (place) => {
  const turn = PLACES.indexOf(place);
  const [onePath = '', anotherPath = ''] = PATHS.slice(2 * turn);
  const pathForBytes = PATHS.at(-1 - (turn % 2)) ?? '';

  test.concurrent.each(JSON_CASES.map((each) => ({ ...each, each })))('$name', async ({ each, verdict }) => {
    const [first = [], second] = await Promise.all(
      [onePath, anotherPath].map((path) => refuse(path, each, place, 'application/json')),
    );
    expect(second).toEqual(first);
    const text = each.bytes.toString();
    const expected =
      verdict === 'accepted' ? place.listFaults(JSON.parse(text)) : [describeNoJson(text, place)];
    if (verdict === 'either') expect(first.length).toBeGreaterThan(0);
    else {
      expect(first.map(({ name }) => name)).toEqual(expected.map(([name]) => name));
      for (const [i, [, reason]] of expected.entries()) {
        expect(first[i]?.reason.startsWith(reason)).toBe(true);
      }
    }
    // The gateway passes on other types as bytes, so the function sees what is not UTF-8.
    const asBytes = await refuse(pathForBytes, each, place, 'application/octet-stream');
    const notUtf8 = [{ name: 'body', reason: 'expected text in UTF-8, found other bytes' }];
    expect(asBytes).toEqual(isUtf8(each.bytes) ? first : notUtf8);
  });
});

test('the refused calls have stored nothing, used up no key and caused no error, and valid ones work', async () => {
  const jobs = await scanTable(stack, 'TablesJobs');
  expect(jobs.filter(({ pk }) => String(pk).includes(`#${tenant.projectId}#`))).toEqual([]);
  const lines = readObjectLines(stack.logFile, tenant.projectId);
  expect(lines.filter(({ level }) => level === 'ERROR')).toEqual([]);
  for (const action of ACTION_NAMES) {
    const path = makeCollectionPath(tenant, action);
    const created = await client.post(path, `{"target_group_ids":${IDS}}`, {
      'idempotency-key': key,
    });
    expect(created.headers.get(IDEMPOTENT_REPLAYED)).toBeNull();
    expect((await client.waitUntilEnded(readLocation(created))).status).toBe('Completed');
  }
});
