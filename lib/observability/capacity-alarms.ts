/** The alarms on what AWS grants: the writes of the tables, and the concurrency of the account. */
import type { IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import { type AlarmSpec, LASTING } from './alarm-spec.ts';
import { makeAccountConcurrency, makeIndexMetric } from './resource-sections.ts';
import { SHARE_PERIOD } from './share.ts';
import type { WatchedResources } from './watched-resources.ts';

export function specifyCapacityAlarms(watched: WatchedResources): AlarmSpec[] {
  const { config, tables } = watched;
  const sum = { statistic: 'Sum', period: SHARE_PERIOD };
  // Writes only: reads that are throttled fail calls, and those have alarms.
  const makeThrottleAlarm = (name: string, what: string, metric: IMetric): AlarmSpec => ({
    name,
    description: `DynamoDB throttles writes to ${what}.`,
    metric,
    threshold: config.alarmTableThrottles,
    periods: LASTING,
  });
  return [
    makeThrottleAlarm(
      'TargetGroupsThrottled',
      'the target groups table',
      tables.targetGroups.metric('WriteThrottleEvents', sum),
    ),
    makeThrottleAlarm('JobsThrottled', 'the jobs table', tables.jobs.metric('WriteThrottleEvents', sum)),
    makeThrottleAlarm(
      'OpenJobsIndexThrottled',
      'the index of open jobs, and with it those to the jobs table',
      makeIndexMetric(watched, 'WriteThrottleEvents', sum),
    ),
    makeThrottleAlarm(
      'IdempotencyThrottled',
      'the idempotency table',
      tables.idempotency.metric('WriteThrottleEvents', sum),
    ),
    {
      name: 'AccountConcurrency',
      description: 'The functions of the account, of all stacks in the region, leave few to be started.',
      metric: makeAccountConcurrency(),
      threshold: Math.ceil((config.accountConcurrency * config.alarmConcurrencyPercent) / 100),
      periods: { breaching: 5, of: 5 },
    },
  ];
}
