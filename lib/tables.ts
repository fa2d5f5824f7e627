/** The four tables: jobs, target groups, idempotency records of create calls, and the issuer's keys. */
import {
  AttributeType,
  Billing,
  CfnGlobalTable,
  type ITableV2,
  ProjectionType,
  TableEncryptionV2,
  type TablePropsV2,
  TableV2,
} from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import {
  OPEN_JOBS_INDEX,
  OPEN_KEY,
  OPEN_SHARD,
  PROJECTED,
} from '../src/adapters/dynamodb/open-jobs-index.ts';
import type { Config } from './config.ts';
import { getRemovalPolicy } from './protection.ts';

/** The tables that the functions use. */
export interface Tables {
  readonly jobs: ITableV2;
  readonly targetGroups: ITableV2;
  readonly idempotency: ITableV2;
  readonly keySets: ITableV2;
}

interface TableDescription {
  readonly id: string;
  /** The key of the configuration that names an existing table to use instead. */
  readonly setting: 'jobsTable' | 'targetGroupsTable' | 'idempotencyTable' | 'keySetsTable';
  readonly layout: TablePropsV2;
}

const TABLES: Readonly<Record<keyof Tables, TableDescription>> = {
  jobs: {
    id: 'Jobs',
    setting: 'jobsTable',
    layout: {
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      timeToLiveAttribute: 'expires_at',
      globalSecondaryIndexes: [
        {
          indexName: OPEN_JOBS_INDEX,
          partitionKey: { name: OPEN_SHARD, type: AttributeType.STRING },
          sortKey: { name: OPEN_KEY, type: AttributeType.STRING },
          // Nothing that changes with a job's progress, so that a settled chunk costs nothing on the index.
          projectionType: ProjectionType.INCLUDE,
          nonKeyAttributes: PROJECTED,
        },
      ],
    },
  },
  // No time to live: target groups stay until their owner removes them.
  targetGroups: {
    id: 'TargetGroups',
    setting: 'targetGroupsTable',
    layout: { partitionKey: { name: 'pk', type: AttributeType.STRING } },
  },
  // The layout that the Powertools idempotency utility expects.
  idempotency: {
    id: 'Idempotency',
    setting: 'idempotencyTable',
    layout: {
      partitionKey: { name: 'id', type: AttributeType.STRING },
      timeToLiveAttribute: 'expiration',
    },
  },
  // Of its own, because whoever may write here decides which tokens are valid (ADR 19).
  keySets: {
    id: 'KeySets',
    setting: 'keySetsTable',
    layout: {
      partitionKey: { name: 'id', type: AttributeType.STRING },
      timeToLiveAttribute: 'expires_at',
    },
  },
};

const NAMES = Object.keys(TABLES) as (keyof Tables)[];

/** Returns whether there is a table to make, which the configuration does not name. */
export function makesTables(config: Config): boolean {
  return NAMES.some((name) => config[TABLES[name].setting] === undefined);
}

/** Makes the tables that the configuration does not name. */
export function makeTables(scope: Construct, config: Config): Partial<Tables> {
  const tables = new Construct(scope, 'Tables');
  const common = makeCommonProps(config);
  const made = NAMES.filter((name) => config[TABLES[name].setting] === undefined).map((name) => {
    const { id, layout } = TABLES[name];
    const warmed = name === 'targetGroups' ? makeWarmThroughput(config) : {};
    const table = new TableV2(tables, id, { ...common, ...layout, ...warmed });
    if (config.kmsKeyArn !== undefined) encryptUnder(config.kmsKeyArn, table);
    return [name, table];
  });
  return Object.fromEntries(made) as Partial<Tables>;
}

/** Completes the tables that were made with those that the configuration names, which exist. */
export function addExistingTables(scope: Construct, config: Config, made: Partial<Tables>): Tables {
  const existing = new Construct(scope, 'ExistingTables');
  const pick = (name: keyof Tables): ITableV2 => {
    const { id, setting } = TABLES[name];
    const tableName = config[setting];
    if (tableName !== undefined) return TableV2.fromTableName(existing, id, tableName);
    const table = made[name];
    if (table === undefined) throw new Error(`the table ${name} is neither made nor named by ${setting}`);
    return table;
  };
  return {
    jobs: pick('jobs'),
    targetGroups: pick('targetGroups'),
    idempotency: pick('idempotency'),
    keySets: pick('keySets'),
  };
}

/**
 * Warms the target groups table, if the configuration says so. The other tables need no more than a new one
 * takes: a job of 10,000 writes 3 % of its units to them.
 */
function makeWarmThroughput({ warmWrites, warmReads }: Config): Pick<TablePropsV2, 'warmThroughput'> {
  if (warmWrites === undefined && warmReads === undefined) return {};
  return {
    warmThroughput: {
      ...(warmWrites !== undefined && { writeUnitsPerSecond: warmWrites }),
      ...(warmReads !== undefined && { readUnitsPerSecond: warmReads }),
    },
  };
}

/**
 * Encrypts a table under a key of the company. The CDK's own way needs a region in the configuration, because
 * a table may have replicas in others. Ours has one, which comes first.
 */
function encryptUnder(keyArn: string, table: TableV2): void {
  const { defaultChild } = table.node;
  if (!(defaultChild instanceof CfnGlobalTable)) throw new Error('the table has no CfnGlobalTable');
  defaultChild.addPropertyOverride('Replicas.0.SSESpecification', { KMSMasterKeyId: keyArn });
}

function makeCommonProps(config: Config): Partial<TablePropsV2> {
  return {
    // Bulk jobs come in bursts, and on-demand capacity costs nothing between them.
    billing: Billing.onDemand(),
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    // The DynamoDB key of the account: its use is in CloudTrail, and nobody has to manage it (ADR 21).
    encryption: TableEncryptionV2.awsManagedKey(),
    removalPolicy: getRemovalPolicy(config),
    deletionProtection: config.protect,
  };
}
