/** Names that must be known before a resource is made, and that no other stack of the account has. */
import { Aws, Fn } from 'aws-cdk-lib';

/**
 * The part of a stack's id that no other stack has, not even a later one of the same name:
 * `arn:aws:cloudformation:us-east-1:123456789012:stack/FieldingJobs/` and a UUID of 36 characters. A retained
 * resource with this in its name is in the way of no later deployment.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/pseudo-parameter-reference.html
 */
export const STACK_UUID = Fn.select(2, Fn.split('/', Aws.STACK_ID));
