/** Tests which permissions a call of DynamoDB or SQS needs. */
import { expect, test } from '@jest/globals';
import { listDynamodbNeeds, listSqsNeeds } from '../../../../tools/local/iam/needs.ts';

const TABLES = 'arn:aws:dynamodb:us-east-1:000000000000:table/';
const QUEUES = 'arn:aws:sqs:us-east-1:000000000000:';

test.each<[string, unknown, [string, string][]]>([
  ['UpdateItem', { TableName: 'jobs' }, [['UpdateItem', 'jobs']]],
  ['Query', { TableName: 'jobs' }, [['Query', 'jobs']]],
  ['Query', { TableName: 'jobs', IndexName: 'open' }, [['Query', 'jobs/index/open']]],
  ['GetItem', { TableName: `${TABLES}jobs` }, [['GetItem', 'jobs']]],
  [
    'BatchWriteItem',
    { RequestItems: { a: [], b: [] } },
    [
      ['BatchWriteItem', 'a'],
      ['BatchWriteItem', 'b'],
    ],
  ],
  [
    'TransactWriteItems',
    { TransactItems: [{ Put: { TableName: 'a' } }, { ConditionCheck: { TableName: 'b' } }] },
    [
      ['PutItem', 'a'],
      ['ConditionCheckItem', 'b'],
    ],
  ],
])('DynamoDB %s with %j needs an action on each table', (operation, body, needs) => {
  expect(listDynamodbNeeds(operation, body)).toEqual(
    needs.map(([action, table]) => ({ action: `dynamodb:${action}`, resource: TABLES + table })),
  );
});

test.each([
  ['SendMessage', 'SendMessage'],
  ['SendMessageBatch', 'SendMessage'],
  ['DeleteMessageBatch', 'DeleteMessage'],
  ['ChangeMessageVisibilityBatch', 'ChangeMessageVisibility'],
  ['GetQueueAttributes', 'GetQueueAttributes'],
])('SQS %s needs %s on the queue', (operation, action) => {
  expect(listSqsNeeds(operation, { QueueUrl: 'http://127.0.0.1:1/000000000000/work' })).toEqual([
    { action: `sqs:${action}`, resource: `${QUEUES}work` },
  ]);
});

test('a call without a table or queue needs its action on every resource', () => {
  expect(listDynamodbNeeds('ListTables', {})).toEqual([{ action: 'dynamodb:ListTables', resource: '*' }]);
  expect(listSqsNeeds('ListQueues', null)).toEqual([{ action: 'sqs:ListQueues', resource: '*' }]);
});
