/** Makes what an operator sees: logs, alarms with their topic, the dashboard and the saved queries. */
import { RemovalPolicy } from 'aws-cdk-lib';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { Config } from '../config.ts';
import { alarmTopic } from './alarm-topic.ts';
import { Alarms } from './alarms.ts';
import { dashboard } from './dashboard.ts';
import { saveQueries } from './queries.ts';
import type { Watched } from './watched.ts';

export class Observability extends Construct {
  readonly alarmTopic: Topic;
  readonly accessLogs: LogGroup;
  private readonly config: Config;

  constructor(scope: Construct, id: string, config: Config) {
    super(scope, id);
    this.config = config;
    this.accessLogs = this.logGroup('Access');
    this.alarmTopic = alarmTopic(this, config);
  }

  /** Makes the log group of a function, or of another source that `id` names. */
  logGroup(id: string): LogGroup {
    return new LogGroup(this, `${id}Logs`, {
      retention: this.config.logRetentionDays,
      removalPolicy: this.config.removalPolicy === 'retain' ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
  }

  /** Makes the alarms, the dashboard and the saved queries, after all resources that they refer to. */
  watch(watched: Watched): void {
    const alarms = new Alarms(this, 'Alarms', watched, this.alarmTopic);
    dashboard(this, watched, alarms);
    saveQueries(this, watched);
  }
}
