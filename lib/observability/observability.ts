/** Makes what an operator sees: logs, alarms with their topic, the dashboard and the saved queries. */
import type { Dashboard } from 'aws-cdk-lib/aws-cloudwatch';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { Config } from '../config.ts';
import { findCustomerKey } from '../customer-key.ts';
import { getRemovalPolicy } from '../protection.ts';
import { makeAlarmTopic } from './alarm-topic.ts';
import { Alarms } from './alarms.ts';
import { STACK_UUID } from '../stack-id.ts';
import { makeDashboard } from './dashboard.ts';
import { saveQueries } from './queries.ts';
import type { WatchedResources } from './watched-resources.ts';

export class Observability extends Construct {
  readonly alarmTopic: ITopic;
  readonly accessLogs: LogGroup;
  readonly #config: Config;
  readonly #customerKey: IKey | undefined;

  constructor(scope: Construct, id: string, config: Config) {
    super(scope, id);
    this.#config = config;
    this.#customerKey = findCustomerKey(this, config);
    this.accessLogs = this.makeLogGroup('Access', makeAccessLogName(config.stackName));
    this.alarmTopic = makeAlarmTopic(this, config, this.#customerKey);
  }

  /**
   * Makes the log group of a function, or of another source that `id` names. Without a name, CloudFormation
   * makes one that no other stack has.
   */
  makeLogGroup(id: string, logGroupName?: string): LogGroup {
    return new LogGroup(this, `${id}Logs`, {
      ...(logGroupName !== undefined && { logGroupName }),
      ...(this.#customerKey !== undefined && { encryptionKey: this.#customerKey }),
      retention: this.#config.logRetentionDays,
      removalPolicy: getRemovalPolicy(this.#config),
    });
  }

  /**
   * Makes the alarms, the dashboard and the saved queries, after all resources that they refer to. Returns
   * the dashboard.
   */
  watch(watched: WatchedResources): Dashboard {
    const alarms = new Alarms(this, 'Alarms', watched, this.alarmTopic);
    saveQueries(this, watched);
    return makeDashboard(this, watched, alarms);
  }
}

/**
 * Makes the name of the log group of the API. The account's resource policy for log deliveries lists every
 * log group that is not below `/aws/vendedlogs/`, and has at most 5,120 characters. When it is full, no stage
 * with an access log can be made in the account and region:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html
 */
function makeAccessLogName(stackName: string): string {
  return `/aws/vendedlogs/apigateway/${stackName}-${STACK_UUID}`;
}
