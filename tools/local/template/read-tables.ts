/**
 * Reads the DynamoDB tables of a template: global tables (CDK's `TableV2`) with one replica, that of this
 * region.
 */
import { z } from 'zod';
import { REGION } from '../../kit/emulator.ts';
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
  // A replica in another region would need another emulator. The settings of a replica have no effect here.
  Replicas: z.array(z.looseObject({ Region: z.literal(REGION) })).length(1),
});

const definitionShape = tableShape.omit({ Replicas: true });

/** Backup, billing and expiry. The emulators keep expired items, as AWS itself may for days. */
const WITHOUT_EFFECT = ['SSESpecification', 'TableName', 'TimeToLiveSpecification', 'WarmThroughput'];

export interface Table {
  readonly logicalId: string;
  readonly name: string;
  /** Input of CreateTable, without the name. */
  readonly definition: Omit<z.output<typeof tableShape>, 'Replicas'>;
}

/** @throws UnsupportedTemplateError, for example for a replica in another region */
export function readTables(template: Template, references: References): Table[] {
  return findResources(template, 'AWS::DynamoDB::GlobalTable').map((resource) => ({
    logicalId: resource.logicalId,
    name: getPhysicalName(resource, 'TableName'),
    definition: definitionShape.parse(readProperties(resource, references, tableShape, WITHOUT_EFFECT)),
  }));
}
