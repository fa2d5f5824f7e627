/** Tests the tables of the template: protection against loss, and the keys that the adapters expect. */
import { describe, expect, test } from '@jest/globals';
import { makeTestStacks, synthesizeTemplate } from './readable-template.ts';

/** The types of resources that hold data or logs. */
const KEPT_TYPES = ['AWS::DynamoDB::GlobalTable', 'AWS::Logs::LogGroup'];

const TABLES = ['TablesJobs', 'TablesTargetGroups', 'TablesIdempotency', 'TablesKeySets'];

describe('tables', () => {
  const template = synthesizeTemplate();

  test('are exactly these four', () => {
    expect(Object.keys(template.findByType('AWS::DynamoDB::GlobalTable')).sort()).toEqual([...TABLES].sort());
  });

  test.each(TABLES)('%s: is on demand, recoverable, encrypted, and retained once it was created', (id) => {
    expect(template.readProperties(id)).toMatchObject({
      BillingMode: 'PAY_PER_REQUEST',
      SSESpecification: { SSEEnabled: true },
      Replicas: [
        {
          Region: '${AWS::Region}',
          PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        },
      ],
    });
    expect(template.resources[id]).toMatchObject({
      DeletionPolicy: 'RetainExceptOnCreate',
      UpdateReplacePolicy: 'Retain',
    });
  });

  test('jobs: has keys, a time to live, and an index of open jobs with the time of creation', () => {
    expect(template.readProperties('TablesJobs')).toMatchObject({
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      AttributeDefinitions: ['pk', 'sk', 'open_shard', 'open_key'].map((AttributeName) => ({
        AttributeName,
        AttributeType: 'S',
      })),
      TimeToLiveSpecification: { AttributeName: 'expires_at', Enabled: true },
      GlobalSecondaryIndexes: [
        {
          IndexName: 'open-jobs-by-account',
          KeySchema: [
            { AttributeName: 'open_shard', KeyType: 'HASH' },
            { AttributeName: 'open_key', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['due_at', 'total', 'action'] },
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

  test('key sets: has one key and a time to live', () => {
    expect(template.readProperties('TablesKeySets')).toMatchObject({
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      TimeToLiveSpecification: { AttributeName: 'expires_at', Enabled: true },
    });
  });
});

test.each([
  [{}, undefined],
  [{ warmWrites: '8000' }, { WriteUnitsPerSecond: 8_000 }],
  [{ warmReads: 20_000 }, { ReadUnitsPerSecond: 20_000 }],
  [
    { warmWrites: 8_000, warmReads: 20_000 },
    { WriteUnitsPerSecond: 8_000, ReadUnitsPerSecond: 20_000 },
  ],
])('with %j the target groups table alone is warmed', (context, expected) => {
  const template = synthesizeTemplate(context);
  const warm = TABLES.map((id) => [id, template.readProperties(id)['WarmThroughput']]);
  expect(Object.fromEntries(warm)).toEqual({
    TablesJobs: undefined,
    TablesTargetGroups: expected,
    TablesIdempotency: undefined,
  });
});

describe('what is lost with a stack', () => {
  const listPolicies = (context: Record<string, unknown>) =>
    Object.entries(synthesizeTemplate(context).resources)
      .filter(([, { Type }]) => KEPT_TYPES.includes(Type))
      .map(([id, { DeletionPolicy, UpdateReplacePolicy }]) => [id, DeletionPolicy, UpdateReplacePolicy]);

  // CloudFormation deletes what has this policy if the deployment that creates it fails.
  test('tables and logs are kept, except when the deployment that creates them fails', () => {
    const policies = listPolicies({});
    expect(policies).toHaveLength(TABLES.length + 7);
    for (const [, ...policy] of policies) expect(policy).toEqual(['RetainExceptOnCreate', 'Retain']);
  });

  test('tables and logs are deleted with their stack if removalPolicy is destroy', () => {
    const policies = listPolicies({ removalPolicy: 'destroy' });
    expect(policies).toHaveLength(TABLES.length + 7);
    for (const [, ...policy] of policies) expect(policy).toEqual(['Delete', 'Delete']);
  });

  test('nothing else is kept: a deployment that is repeated would find it in its way', () => {
    const { resources } = synthesizeTemplate();
    const kept = Object.entries(resources).filter(
      ([, { DeletionPolicy = 'Delete', Type }]) => DeletionPolicy !== 'Delete' && !KEPT_TYPES.includes(Type),
    );
    expect(kept).toEqual([]);
  });

  test('the tables are protected from deletion if protect is set, and not before', () => {
    for (const protect of [false, true]) {
      const template = synthesizeTemplate({ protect });
      for (const id of TABLES) {
        expect(template.readProperties(id)['Replicas']).toMatchObject([
          { DeletionProtectionEnabled: protect },
        ]);
      }
    }
  });
});

describe('existing tables', () => {
  const SETTINGS = {
    jobsTable: { id: 'TablesJobs', name: 'restored-jobs' },
    targetGroupsTable: { id: 'TablesTargetGroups', name: 'restored-groups' },
    idempotencyTable: { id: 'TablesIdempotency', name: 'restored.records' },
    keySetsTable: { id: 'TablesKeySets', name: 'restored-keys' },
  };

  test.each(Object.entries(SETTINGS))('%s: the named table is used and none is made', (key, { id, name }) => {
    const template = synthesizeTemplate({ [key]: name });
    expect(Object.keys(template.findByType('AWS::DynamoDB::GlobalTable')).sort()).toEqual(
      TABLES.filter((other) => other !== id).sort(),
    );
    const text = JSON.stringify(template.resources);
    expect(text).toContain(`"${name}"`);
    expect(text).toContain(`:table/${name}"`);
    expect(text).not.toContain(`\${${id}`);
  });

  test('with all four there is no data stack, and every output names its table', () => {
    const context = Object.fromEntries(Object.entries(SETTINGS).map(([key, { name }]) => [key, name]));
    expect(makeTestStacks(context).data).toBeUndefined();
    const template = synthesizeTemplate(context);
    expect(template.findByType('AWS::DynamoDB::GlobalTable')).toEqual({});
    expect(template.outputs).toMatchObject({
      JobsTable: { Value: 'restored-jobs' },
      TargetGroupsTable: { Value: 'restored-groups' },
      IdempotencyTable: { Value: 'restored.records' },
      KeySetsTable: { Value: 'restored-keys' },
    });
    expect(JSON.stringify(template.resources)).toContain(':table/restored-jobs/index/open-jobs-by-account"');
  });
});
