/** Tests which messages of a batch are deleted after the answer of its function. */
import { expect, test } from '@jest/globals';
import { listDoneMessages } from '../../../tools/local/partial-batch.ts';

const IDS = ['a', 'b', 'c'];

function listDone(answer: unknown, reportsFailures = true): string[] {
  return listDoneMessages(IDS, { ok: true, payload: JSON.stringify(answer) }, reportsFailures);
}

test.each([[null], [{}], [{ batchItemFailures: [] }], [{ batchItemFailures: null }], [{ other: 1 }]])(
  'all messages are deleted after %j',
  (answer) => {
    expect(listDone(answer)).toEqual(IDS);
  },
);

test('all messages but the listed ones are deleted', () => {
  const answer = { batchItemFailures: [{ itemIdentifier: 'b' }, { itemIdentifier: 'b' }] };
  expect(listDone(answer)).toEqual(['a', 'c']);
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
])('no message is deleted after %j, which is malformed', (answer) => {
  expect(listDone(answer)).toEqual([]);
});

test('no message is deleted after an error', () => {
  const error = { errorType: 'Error', errorMessage: 'x', trace: [] };
  expect(listDoneMessages(IDS, { ok: false, error }, true)).toEqual([]);
  expect(listDoneMessages(IDS, { ok: false, error }, false)).toEqual([]);
});

test('all messages are deleted after any answer without ReportBatchItemFailures', () => {
  expect(listDone({ batchItemFailures: [{ itemIdentifier: 'b' }] }, false)).toEqual(IDS);
});
