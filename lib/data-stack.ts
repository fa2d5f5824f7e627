/** The data stack: the tables, apart from the code that uses them (ADR 36). */
import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { type Config, getDataStackName, pickPlace } from './config.ts';
import { warnUnprotected } from './protection.ts';
import { makeTables, type Tables } from './tables.ts';

export class DataStack extends Stack {
  /** The tables that it has made: those that the configuration does not name. */
  readonly tables: Partial<Tables>;

  constructor(scope: Construct, config: Config) {
    super(scope, getDataStackName(config.stackName), {
      description: 'Bulk fielding-run jobs: tables',
      terminationProtection: config.protect,
      env: pickPlace(config),
    });
    this.tables = makeTables(this, config);
    warnUnprotected(this, config);
  }
}
