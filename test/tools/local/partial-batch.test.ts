/** Which messages of a batch are deleted. */
import { expect, test } from '@jest/globals';
import { messagesDone } from '../../../tools/local/partial-batch.ts';

const IDS = ['a', 'b', 'c'];

function done(answer: unknown, reportsFailures = true): string[] {
  return messagesDone(IDS, { ok: true, payload: JSON.stringify(answer) }, reportsFailures);
}

test.each([[null], [{}], [{ batchItemFailures: [] }], [{ batchItemFailures: null }], [{ other: 1 }]])(
  'all of them after %j',
  (answer) => {
    expect(done(answer)).toEqual(IDS);
  },
);

test('all but those that are listed', () => {
  const answer = { batchItemFailures: [{ itemIdentifier: 'b' }, { itemIdentifier: 'b' }] };
  expect(done(answer)).toEqual(['a', 'c']);
});

test.each([
  [{ batchItemFailures: 'b' }],
  [{ batchItemFailures: { itemIdentifier: 'b' } }],
  [{ batchItemFailures: ['b'] }],
  [{ batchItemFailures: [{ itemIdentifier: '' }] }],
  [{ batchItemFailures: [{ itemIdentifier: null }] }],
  [{ batchItemFailures: [{ itemIdentifer: 'b' }] }],
  [{ batchItemFailures: [{ itemIdentifier: 'b' }, { itemIdentifier: 'unknown' }] }],
  ['done'],
  [[]],
])('none after %j, which cannot be understood', (answer) => {
  expect(done(answer)).toEqual([]);
});

test('none after an error', () => {
  const error = { errorType: 'Error', errorMessage: 'x', trace: [] };
  expect(messagesDone(IDS, { ok: false, error }, true)).toEqual([]);
  expect(messagesDone(IDS, { ok: false, error }, false)).toEqual([]);
});

test('without ReportBatchItemFailures the answer is not read', () => {
  expect(done({ batchItemFailures: [{ itemIdentifier: 'b' }] }, false)).toEqual(IDS);
});
