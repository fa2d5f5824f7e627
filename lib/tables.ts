/** The three tables: jobs, target groups, and the idempotency records of create calls. */
import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, ProjectionType, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import type { TableProps } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import { OPEN, OPEN_JOBS_INDEX } from '../src/adapters/dynamodb/open-jobs-index.ts';
import type { Config } from './config.ts';

export class Tables extends Construct {
  readonly jobs: Table;
  readonly targetGroups: Table;
  readonly idempotency: Table;

  constructor(scope: Construct, id: string, config: Config) {
    super(scope, id);
    const common = makeCommonProps(config);

    this.jobs = new Table(this, 'Jobs', {
      ...common,
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      timeToLiveAttribute: 'expires_at',
    });
    this.jobs.addGlobalSecondaryIndex({
      indexName: OPEN_JOBS_INDEX,
      partitionKey: { name: OPEN, type: AttributeType.STRING },
      sortKey: { name: 'due_at', type: AttributeType.STRING },
      // Only an attribute that never changes, so that a write of progress costs nothing on the index.
      projectionType: ProjectionType.INCLUDE,
      nonKeyAttributes: ['created_at'],
    });

    // No time to live: target groups stay until their owner removes them.
    this.targetGroups = new Table(this, 'TargetGroups', {
      ...common,
      partitionKey: { name: 'pk', type: AttributeType.STRING },
    });

    // The layout that the Powertools idempotency utility expects.
    this.idempotency = new Table(this, 'Idempotency', {
      ...common,
      partitionKey: { name: 'id', type: AttributeType.STRING },
      timeToLiveAttribute: 'expiration',
    });
  }
}

function makeCommonProps(config: Config): Omit<TableProps, 'partitionKey'> {
  const retain = config.removalPolicy === 'retain';
  return {
    // Bulk jobs come in bursts, and on-demand capacity costs nothing between them.
    billingMode: BillingMode.PAY_PER_REQUEST,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    // The DynamoDB key of the account: its use is in CloudTrail, and nobody has to manage it (ADR 21).
    encryption: TableEncryption.AWS_MANAGED,
    removalPolicy: retain ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    deletionProtection: retain,
  };
}
