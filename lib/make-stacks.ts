/** Makes the two stacks of the app: the tables, and the service that uses them. */
import { Tags } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Config } from './config.ts';
import { DataStack } from './data-stack.ts';
import { ServiceStack } from './service-stack.ts';
import { makesTables } from './tables.ts';

/** The stacks of an app. There is no data stack if the configuration names all four tables. */
export interface Stacks {
  readonly data: DataStack | undefined;
  readonly service: ServiceStack;
}

/** Makes the stacks. The service reads the names of the tables from the outputs of the data stack. */
export function makeStacks(scope: Construct, config: Config): Stacks {
  // In the templates, so on resources only: https://docs.aws.amazon.com/cdk/v2/guide/tagging.html
  for (const [key, value] of Object.entries(config.tags ?? {})) Tags.of(scope).add(key, value);
  // CloudFormation has no stack without resources.
  const data = makesTables(config) ? new DataStack(scope, config) : undefined;
  return { data, service: new ServiceStack(scope, config, data?.tables ?? {}) };
}
