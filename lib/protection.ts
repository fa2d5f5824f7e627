/** What keeps stacks, data and logs from being deleted by mistake (ADR 36). */
import { Annotations, RemovalPolicy, type Stack } from 'aws-cdk-lib';
import type { Config } from './config.ts';

/**
 * Returns what happens to a table or a log group when it leaves its stack. `retain` keeps it, except when the
 * deployment that creates it fails: CloudFormation then deletes it, so that the next attempt starts anew.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
 */
export function getRemovalPolicy(config: Config): RemovalPolicy {
  return config.removalPolicy === 'retain' ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY;
}

/** How an operator switches the protection on. A deployment without the setting switches it off again. */
export const HOW_TO_PROTECT =
  'set "protect": true in the file of the environment, or -c protect=true at every deployment, and deploy again';

/** Adds a warning to every synthesis of a stack that is to be kept and is not protected. */
export function warnUnprotected(stack: Stack, config: Config): void {
  if (config.protect || config.removalPolicy === 'destroy') return;
  Annotations.of(stack).addWarningV2(
    'fielding-jobs:protect',
    'anybody who may delete the stack can delete it. Once its first deployment has succeeded: ' +
      HOW_TO_PROTECT,
  );
}
