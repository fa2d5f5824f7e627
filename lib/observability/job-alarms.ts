/** The alarms on jobs, from the call that creates a job to its end. */
import { Duration } from 'aws-cdk-lib';
import type { Config } from '../config.ts';
import { type AlarmSpec, AT_ONCE, LASTING } from './alarm-spec.ts';
import { SHARE_PERIOD } from './share.ts';
import type { WatchedResources } from './watched-resources.ts';

const MINUTE = Duration.minutes(1);

/** Makes the specifications, the most important first. */
export function specifyJobAlarms({ config, chunks, giveUps, own }: WatchedResources): AlarmSpec[] {
  return [
    {
      name: 'DeadLetters',
      description: 'At least one dead letter of the queue of chunks: a chunk failed at every delivery.',
      metric: chunks.deadLetters.metricApproximateNumberOfMessagesVisible({
        statistic: 'Maximum',
        period: MINUTE,
      }),
      // Normal is none, and a message stays until an operator acts.
      threshold: 1,
      periods: AT_ONCE,
      // SQS publishes no metrics of an unused queue, and a dead-letter queue is normally unused.
      missing: 'quiet',
    },
    // Give-ups have no alarm on their age: whatever delays them raised OldestOpenJob before the deadline.
    {
      name: 'GiveUpDeadLetters',
      description: 'At least one dead letter of the queue of give-ups: a job past its deadline ends later.',
      metric: giveUps.deadLetters.metricApproximateNumberOfMessagesVisible({
        statistic: 'Maximum',
        period: MINUTE,
      }),
      threshold: 1,
      periods: AT_ONCE,
      missing: 'quiet',
    },
    {
      name: 'JobsFailed',
      description: 'At least one job ended with a target group that could not be processed (InternalError).',
      metric: own.makeWholeMetric('JobsFailed', { period: SHARE_PERIOD }),
      threshold: 1,
      periods: AT_ONCE,
    },
    {
      name: 'OldestOpenJob',
      description: 'A job has been running for long; at its deadline what is left of it fails.',
      metric: own.makeWholeMetric('OldestOpenJobAge', { statistic: 'Maximum', period: MINUTE }),
      threshold: deriveOpenJobSeconds(config),
      periods: { breaching: 3, of: 3 },
      // Missing data says nothing about the jobs: the alarm must not end because reconcile does not run.
      missing: 'as before',
    },
    {
      name: 'ReconcileSilent',
      description: 'Reconcile, which runs every minute, has not counted the open jobs for 5 minutes.',
      metric: own.makeWholeMetric('OpenJobs', { statistic: 'SampleCount', period: MINUTE }),
      threshold: 1,
      breaches: 'below',
      periods: { breaching: 5, of: 5 },
      missing: 'breaching',
    },
    {
      name: 'JobsNotReconciled',
      description: 'Reconcile again and again fails to look after a job that stands still.',
      metric: own.makeWholeMetric('JobsNotReconciled', { period: SHARE_PERIOD }),
      threshold: 1,
      periods: LASTING,
    },
    {
      name: 'MessageAge',
      description: 'Chunks wait long in the queue: the workers do not keep up, or fail.',
      metric: chunks.queue.metricApproximateAgeOfOldestMessage({ statistic: 'Maximum', period: MINUTE }),
      threshold: config.alarmMessageAgeSeconds ?? config.stalledSeconds,
      periods: { breaching: 5, of: 5 },
    },
    {
      name: 'FanOutsFailed',
      description: 'Jobs are created whose chunks cannot be sent to the queue.',
      metric: own.makeWholeMetric('FanOutsFailed', { period: SHARE_PERIOD }),
      threshold: 1,
      periods: LASTING,
    },
    {
      name: 'StackFull',
      description: 'Jobs of all accounts are refused with 503: there is more open work than is done in time.',
      metric: own.makePartMetric('JobsRefused', 'stack', { period: SHARE_PERIOD }),
      threshold: 1,
      periods: LASTING,
    },
    {
      name: 'AccountFull',
      description: 'Jobs of an account are refused with 429: it has as much open work as it may have.',
      metric: own.makePartMetric('JobsRefused', 'account', { period: SHARE_PERIOD }),
      threshold: 1,
      periods: LASTING,
    },
    {
      name: 'AdmissionsUnknown',
      description:
        'The open work could not be read or counted, so jobs are let in that a limit might refuse.',
      metric: own.makeWholeMetric('AdmissionsUnknown', { period: SHARE_PERIOD }),
      threshold: 1,
      periods: LASTING,
    },
    {
      name: 'IdempotencyConflicts',
      description:
        'Calls come with an idempotency key that was used with another body: a client is at fault.',
      metric: own.makeWholeMetric('IdempotencyConflicts', { period: SHARE_PERIOD }),
      threshold: config.alarmConflicts,
      periods: LASTING,
    },
  ];
}

/**
 * Derives the age in seconds that raises the alarm: the job's chunks were sent again without success, but
 * there is time to act before the deadline.
 */
export function deriveOpenJobSeconds({
  alarmOpenJobSeconds,
  stalledSeconds,
  deadlineSeconds,
}: Config): number {
  return alarmOpenJobSeconds ?? Math.round((stalledSeconds + deadlineSeconds) / 2);
}
