/** Tests that a key of the company encrypts all that is stored or on its way, and that none is made then. */
import { describe, expect, test } from '@jest/globals';
import { type ReadableTemplate, synthesizeTemplate } from './readable-template.ts';

const kmsKeyArn = 'arn:aws:kms:eu-central-1:012345678901:key/1234abcd-12ab-34cd-56ef-1234567890ab';

/** Returns the properties of all resources of a type, by id. */
function listProperties(template: ReadableTemplate, type: string): [string, Record<string, unknown>][] {
  return Object.entries(template.findByType(type)).map(([id, { Properties }]) => [id, Properties]);
}

describe('a key of the company', () => {
  const template = synthesizeTemplate({ kmsKeyArn });

  test('encrypts the tables, with their indexes and backups', () => {
    const tables = listProperties(template, 'AWS::DynamoDB::GlobalTable');
    expect(tables).toHaveLength(4);
    for (const [, properties] of tables) {
      expect(properties).toMatchObject({
        SSESpecification: { SSEEnabled: true, SSEType: 'KMS' },
        Replicas: [{ Region: '${AWS::Region}', SSESpecification: { KMSMasterKeyId: kmsKeyArn } }],
      });
    }
  });

  test('encrypts the queues and their dead letters, with a data key for 5 minutes', () => {
    const queues = listProperties(template, 'AWS::SQS::Queue');
    expect(queues).toHaveLength(4);
    for (const [, properties] of queues) {
      expect(properties).toMatchObject({ KmsMasterKeyId: kmsKeyArn, KmsDataKeyReusePeriodSeconds: 300 });
      expect(properties).not.toHaveProperty('SqsManagedSseEnabled');
    }
  });

  test('encrypts the logs of the functions and of the API', () => {
    const groups = listProperties(template, 'AWS::Logs::LogGroup');
    expect(groups).toHaveLength(7);
    for (const [, properties] of groups) expect(properties).toMatchObject({ KmsKeyId: kmsKeyArn });
  });

  test('encrypts the topic of the alarms, and no other key is made', () => {
    const topics = listProperties(template, 'AWS::SNS::Topic');
    expect(topics).toEqual([['ObservabilityAlarmTopic', { KmsMasterKeyId: kmsKeyArn }]]);
    expect(template.findByType('AWS::KMS::Key')).toEqual({});
  });

  // Whoever adds something that is stored must decide whether the key encrypts it.
  test('is named by these types of resources only, besides the policies of the functions', () => {
    const types = Object.values(template.resources)
      .filter(({ Properties }) => JSON.stringify(Properties).includes(kmsKeyArn))
      .map(({ Type }) => Type);
    expect([...new Set(types)].sort()).toEqual([
      'AWS::DynamoDB::GlobalTable',
      'AWS::IAM::Policy',
      'AWS::Logs::LogGroup',
      'AWS::SNS::Topic',
      'AWS::SQS::Queue',
    ]);
  });
});
