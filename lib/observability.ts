/** What an operator sees: the logs of functions and API, and the alarms with the topic they are sent to. */
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Topic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { alarmTopic } from './alarm-topic.ts';
import type { Config } from './config.ts';

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

  /** Makes the log group of a function, or of whatever else `id` names. */
  logGroup(id: string): LogGroup {
    return new LogGroup(this, `${id}Logs`, {
      retention: this.config.logRetentionDays,
      removalPolicy: this.config.removalPolicy === 'retain' ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
  }

  /** Raises an alarm as soon as one message is in the dead-letter queue. */
  watchDeadLetters(deadLetters: IQueue): void {
    const alarm = new Alarm(this, 'DeadLettersAlarm', {
      alarmDescription: 'A chunk could not be processed after all its deliveries: see the dead-letter queue.',
      metric: deadLetters.metricApproximateNumberOfMessagesVisible({
        statistic: 'Maximum',
        period: Duration.minutes(1),
      }),
      // Not one is normal, and one stays until somebody acts: no need to wait for a second sample.
      threshold: 1,
      evaluationPeriods: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      // SQS stops reporting on a queue that nobody uses, which is what a dead-letter queue should be.
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    const action = new SnsAction(this.alarmTopic);
    alarm.addAlarmAction(action);
    alarm.addOkAction(action);
  }
}
