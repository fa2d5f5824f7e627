/** What an operator sees: the logs of functions and API, and the alarms with the topic they are sent to. */
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Config } from './config.ts';

export class Observability extends Construct {
  readonly alarmTopic: Topic;
  readonly accessLogs: LogGroup;
  private readonly config: Config;

  constructor(scope: Construct, id: string, config: Config) {
    super(scope, id);
    this.config = config;
    this.accessLogs = this.logGroup('Access');
    this.alarmTopic = this.topic();
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

  /**
   * The topic of the alarms. Not encrypted with the account's SNS key, because CloudWatch may not use that
   * one: the alarm would be lost. An alarm says no more than its name.
   */
  private topic(): Topic {
    const topic = new Topic(this, 'AlarmTopic', { enforceSSL: true });
    // A topic with a policy of its own has lost the default one, by which the account's alarms could publish.
    topic.addToResourcePolicy(
      new PolicyStatement({
        sid: 'AllowAlarms',
        actions: ['sns:Publish'],
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        resources: [topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    );
    if (this.config.alarmEmail !== undefined) {
      topic.addSubscription(new EmailSubscription(this.config.alarmEmail));
    }
    return topic;
  }
}
