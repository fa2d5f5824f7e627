/** Tests the tables of the template: protection against loss, and the keys that the adapters expect. */
import { describe, expect, test } from '@jest/globals';
import { synthesizeTemplate } from './readable-template.ts';

const TABLES = ['TablesJobs', 'TablesTargetGroups', 'TablesIdempotency'];

describe('tables', () => {
  const template = synthesizeTemplate();

  test('are exactly these three', () => {
    expect(Object.keys(template.findByType('AWS::DynamoDB::Table')).sort()).toEqual([...TABLES].sort());
  });

  test.each(TABLES)(
    '%s: is on demand, recoverable, encrypted, protected from deletion, and retained',
    (id) => {
      expect(template.readProperties(id)).toMatchObject({
        BillingMode: 'PAY_PER_REQUEST',
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        SSESpecification: { SSEEnabled: true },
        DeletionProtectionEnabled: true,
      });
      expect(template.resources[id]).toMatchObject({
        DeletionPolicy: 'Retain',
        UpdateReplacePolicy: 'Retain',
      });
    },
  );

  test('jobs: has keys, a time to live, and an index of open jobs with the time of creation', () => {
    expect(template.readProperties('TablesJobs')).toMatchObject({
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

  test('target groups: has one key and no time to live', () => {
    const properties = template.readProperties('TablesTargetGroups');
    expect(properties['KeySchema']).toEqual([{ AttributeName: 'pk', KeyType: 'HASH' }]);
    expect(properties['AttributeDefinitions']).toEqual([{ AttributeName: 'pk', AttributeType: 'S' }]);
    expect(properties['TimeToLiveSpecification']).toBeUndefined();
  });

  test('idempotency: has the layout that Powertools expects', () => {
    expect(template.readProperties('TablesIdempotency')).toMatchObject({
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      TimeToLiveSpecification: { AttributeName: 'expiration', Enabled: true },
    });
  });
});

test('tables and logs are deleted with the stack if removalPolicy is destroy', () => {
  const template = synthesizeTemplate({ removalPolicy: 'destroy' });
  const kept = Object.entries(template.resources).filter(
    ([, { DeletionPolicy }]) => DeletionPolicy === 'Retain',
  );
  expect(kept).toEqual([]);
  for (const id of TABLES) expect(template.readProperties(id)['DeletionProtectionEnabled']).toBe(false);
});
