/** Makes what an operator sees: logs, alarms with their topic, the dashboard and the saved queries. */
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { Config } from '../config.ts';
import { getRemovalPolicy } from '../protection.ts';
import { makeAlarmTopic } from './alarm-topic.ts';
import { Alarms } from './alarms.ts';
import { makeDashboard } from './dashboard.ts';
import { saveQueries } from './queries.ts';
import type { WatchedResources } from './watched-resources.ts';

export class Observability extends Construct {
  readonly alarmTopic: Topic;
  readonly accessLogs: LogGroup;
  readonly #config: Config;

  constructor(scope: Construct, id: string, config: Config) {
    super(scope, id);
    this.#config = config;
    this.accessLogs = this.makeLogGroup('Access');
    this.alarmTopic = makeAlarmTopic(this, config);
  }

  /** Makes the log group of a function, or of another source that `id` names. */
  makeLogGroup(id: string): LogGroup {
    return new LogGroup(this, `${id}Logs`, {
      retention: this.#config.logRetentionDays,
      removalPolicy: getRemovalPolicy(this.#config),
    });
  }

  /** Makes the alarms, the dashboard and the saved queries, after all resources that they refer to. */
  watch(watched: WatchedResources): void {
    const alarms = new Alarms(this, 'Alarms', watched, this.alarmTopic);
    makeDashboard(this, watched, alarms);
    saveQueries(this, watched);
  }
}
