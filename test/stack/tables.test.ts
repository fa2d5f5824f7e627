/** The tables keep what they are given, and are laid out as the stores expect. */
import { describe, expect, test } from '@jest/globals';
import { templateOf } from './template.ts';

const TABLES = ['TablesJobs', 'TablesTargetGroups', 'TablesIdempotency'];

describe('tables', () => {
  const template = templateOf();

  test('are these three', () => {
    expect(Object.keys(template.ofType('AWS::DynamoDB::Table')).sort()).toEqual([...TABLES].sort());
  });

  test.each(TABLES)('%s: on demand, recoverable, encrypted, protected, kept', (id) => {
    expect(template.properties(id)).toMatchObject({
      BillingMode: 'PAY_PER_REQUEST',
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      SSESpecification: { SSEEnabled: true },
      DeletionProtectionEnabled: true,
    });
    expect(template.resources[id]).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
  });

  test('jobs: keys, time to live, and an index for open jobs, of keys and the time of creation', () => {
    expect(template.properties('TablesJobs')).toMatchObject({
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      AttributeDefinitions: ['pk', 'sk', 'open', 'due_at'].map((AttributeName) => ({
        AttributeName,
        AttributeType: 'S',
      })),
      TimeToLiveSpecification: { AttributeName: 'expires_at', Enabled: true },
      GlobalSecondaryIndexes: [
        {
          IndexName: 'open-jobs',
          KeySchema: [
            { AttributeName: 'open', KeyType: 'HASH' },
            { AttributeName: 'due_at', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['created_at'] },
        },
      ],
    });
  });

  test('target groups: one key, and no time to live', () => {
    const properties = template.properties('TablesTargetGroups');
    expect(properties['KeySchema']).toEqual([{ AttributeName: 'pk', KeyType: 'HASH' }]);
    expect(properties['AttributeDefinitions']).toEqual([{ AttributeName: 'pk', AttributeType: 'S' }]);
    expect(properties['TimeToLiveSpecification']).toBeUndefined();
  });

  test('idempotency: the layout of Powertools', () => {
    expect(template.properties('TablesIdempotency')).toMatchObject({
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      TimeToLiveSpecification: { AttributeName: 'expiration', Enabled: true },
    });
  });
});

test('removalPolicy=destroy: tables and logs go with the stack', () => {
  const template = templateOf({ removalPolicy: 'destroy' });
  const kept = Object.entries(template.resources).filter(
    ([, { DeletionPolicy }]) => DeletionPolicy === 'Retain',
  );
  expect(kept).toEqual([]);
  for (const id of TABLES) expect(template.properties(id)['DeletionProtectionEnabled']).toBe(false);
});
