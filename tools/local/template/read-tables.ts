/** Reads the DynamoDB tables of a template. */
import { z } from 'zod';
import type { References } from './intrinsics.ts';
import { getPhysicalName } from './references.ts';
import { readProperties, findResources, type Template } from './template.ts';

const keySchema = z.array(z.strictObject({ AttributeName: z.string(), KeyType: z.enum(['HASH', 'RANGE']) }));

const index = z.strictObject({
  IndexName: z.string(),
  KeySchema: keySchema,
  Projection: z.strictObject({
    ProjectionType: z.enum(['ALL', 'KEYS_ONLY', 'INCLUDE']),
    NonKeyAttributes: z.array(z.string()).optional(),
  }),
});

const tableShape = z.object({
  AttributeDefinitions: z.array(
    z.strictObject({ AttributeName: z.string(), AttributeType: z.enum(['S', 'N', 'B']) }),
  ),
  BillingMode: z.literal('PAY_PER_REQUEST'),
  KeySchema: keySchema,
  GlobalSecondaryIndexes: z.array(index).optional(),
  LocalSecondaryIndexes: z.array(index).optional(),
});

/** Backup, billing and expiry. The emulators keep expired items, as AWS itself may for days. */
const WITHOUT_EFFECT = [
  'ContributorInsightsSpecification',
  'DeletionProtectionEnabled',
  'PointInTimeRecoverySpecification',
  'SSESpecification',
  'TableClass',
  'TableName',
  'Tags',
  'TimeToLiveSpecification',
];

export interface Table {
  readonly logicalId: string;
  readonly name: string;
  /** Input of CreateTable, without the name. */
  readonly definition: z.output<typeof tableShape>;
}

/** @throws UnsupportedTemplateError */
export function readTables(template: Template, references: References): Table[] {
  return findResources(template, 'AWS::DynamoDB::Table').map((resource) => ({
    logicalId: resource.logicalId,
    name: getPhysicalName(template, resource, 'TableName'),
    definition: readProperties(resource, references, tableShape, WITHOUT_EFFECT),
  }));
}
