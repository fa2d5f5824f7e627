/** Puts functions into the subnets of the configuration, and allows their roles what Lambda needs there. */
import { Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { CfnFunction, type Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Config } from './config.ts';

/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions */
const INTERFACE_ACTIONS = [
  'ec2:AssignPrivateIpAddresses',
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:UnassignPrivateIpAddresses',
];

/**
 * Connects a function with the subnets. The CDK's own way would need to know the VPC, and would give the role
 * a policy of AWS's that also allows writes to the logs of all others.
 */
export function connectToSubnets(lambda: LambdaFunction, { subnetIds, securityGroupIds }: Config): void {
  if (subnetIds === undefined || securityGroupIds === undefined) return;
  const { defaultChild } = lambda.node;
  if (!(defaultChild instanceof CfnFunction)) throw new Error('the function has no CfnFunction');
  defaultChild.vpcConfig = { subnetIds, securityGroupIds };
}

/**
 * Makes the statements with which Lambda makes and removes the network interfaces of a function in a subnet,
 * under its role. Nobody knows the ids of the interfaces before, so they are on every resource; the code of
 * the function, whose calls name their function, is denied them:
 * https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-function-arn.html
 */
export function allowInterfaces({ subnetIds }: Config): PolicyStatement[] {
  if (subnetIds === undefined) return [];
  const common = { actions: INTERFACE_ACTIONS, resources: ['*'] };
  return [
    new PolicyStatement(common),
    new PolicyStatement({
      ...common,
      effect: Effect.DENY,
      conditions: { Null: { 'lambda:SourceFunctionArn': 'false' } },
    }),
  ];
}
