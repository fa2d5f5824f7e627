/** Makes the two stacks of the app: the tables, and the service that uses them. */
import { Tags } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { isInChina, isInGovCloud } from './arns.ts';
import type { Config } from './config.ts';
import { DataStack } from './data-stack.ts';
import { ServiceStack } from './service-stack.ts';
import { makesTables } from './tables.ts';

/** The stacks of an app. There is no data stack if the configuration names all four tables. */
export interface Stacks {
  readonly data: DataStack | undefined;
  readonly service: ServiceStack;
}

/**
 * What has no tags in China and in GovCloud:
 * https://docs.amazonaws.cn/en_us/aws/latest/userguide/lambda.html
 * https://docs.aws.amazon.com/govcloud-us/latest/UserGuide/govcloud-lambda.html
 */
const TAGS_MISSING = ['AWS::Lambda::EventSourceMapping'];

/** Makes the stacks. The service reads the names of the tables from the outputs of the data stack. */
export function makeStacks(scope: Construct, config: Config): Stacks {
  // In the templates, so on resources only: https://docs.aws.amazon.com/cdk/v2/guide/tagging.html
  const excludeResourceTypes = isInChina(config) || isInGovCloud(config) ? TAGS_MISSING : [];
  for (const [key, value] of Object.entries(config.tags ?? {})) {
    Tags.of(scope).add(key, value, { excludeResourceTypes });
  }
  // CloudFormation has no stack without resources.
  const data = makesTables(config) ? new DataStack(scope, config) : undefined;
  return { data, service: new ServiceStack(scope, config, data?.tables ?? {}) };
}
