/** The sections of the dashboard that follow a job: traffic, outcome, latency, queue, dead letters. */
import type { Alarms } from './alarms.ts';
import type { Section, Watched } from './watched.ts';

export function jobSections(watched: Watched, alarms: Alarms): Section[] {
  return [
    traffic(watched),
    outcome(watched, alarms),
    latency(watched, alarms),
    queue(watched, alarms),
    deadLetters(watched),
  ];
}

function traffic({ api, own }: Watched): Section {
  return {
    title: 'Traffic',
    normal:
      'the rhythm of the clients. 4xx keep their share of the requests; a jump is one client, or the token issuer. ' +
      'A replay is a call that was repeated and costs next to nothing; conflicts are a fault of a client.',
    graphs: [
      {
        title: 'Requests',
        left: [
          api.metricCount({ statistic: 'SampleCount', label: 'requests' }),
          api.metricClientError({ statistic: 'Sum', label: '4xx' }),
          api.metricServerError({ statistic: 'Sum', label: '5xx' }),
          own.whole('IssuerUnreachable', { label: 'token issuer unreachable' }),
        ],
      },
      {
        title: 'Jobs created and replayed',
        left: [
          own.whole('JobsCreated', { label: 'created' }),
          own.whole('JobsReplayed', { label: 'replayed' }),
        ],
      },
      {
        title: 'Idempotency keys',
        left: [
          own.whole('IdempotencyConflicts', { label: 'used with another body' }),
          own.whole('IdempotencyBypassed', { label: 'decided without the idempotency table' }),
        ],
      },
    ],
  };
}

function outcome({ own }: Watched, alarms: Alarms): Section {
  return {
    title: 'Outcome',
    normal:
      'as many jobs end as are created; no job fails. TargetGroupNotFound and StatusTransitionNotAllowed are answers ' +
      'to what clients ask for; InternalError is ours and should be nothing at all. Open jobs return to zero.',
    graphs: [
      {
        title: 'Jobs ended',
        left: [
          own.whole('JobsCompleted', { label: 'completed' }),
          own.whole('JobsFailed', { label: 'failed' }),
        ],
      },
      {
        title: 'Target groups',
        stacked: true,
        left: [own.whole('TargetGroupsUpdated', { label: 'updated' }), ...own.divided('TargetGroupsFailed')],
      },
      {
        title: 'Open jobs',
        left: [own.whole('OpenJobs', { statistic: 'Maximum', label: 'open jobs' })],
      },
      {
        title: 'Age of the oldest open job',
        left: [own.whole('OldestOpenJobAge', { statistic: 'Maximum', label: 'age (s)' })],
        leftAnnotations: [alarms.named('OldestOpenJob').toAnnotation()],
      },
    ],
  };
}

function latency({ api, own }: Watched, alarms: Alarms): Section {
  return {
    title: 'Latency',
    normal:
      'most requests take tens of milliseconds; p99 has the cold starts and the largest bodies in it. A job of 10,000 ' +
      'target groups takes seconds, and its first outcomes are there within a second or two of its creation.',
    graphs: [
      {
        title: 'Latency of the API',
        left: [
          api.metricLatency({ statistic: 'p50', label: 'p50 (ms)' }),
          api.metricLatency({ statistic: 'p99', label: 'p99 (ms)' }),
          api.metricIntegrationLatency({ statistic: 'p99', label: 'p99 of the functions (ms)' }),
        ],
        leftAnnotations: [alarms.named('ApiLatency').toAnnotation()],
      },
      {
        title: 'Duration of jobs',
        left: [
          own.whole('JobDuration', { statistic: 'p50', label: 'p50 (ms)' }),
          own.whole('JobDuration', { statistic: 'p99', label: 'p99 (ms)' }),
        ],
      },
      {
        title: 'Time to the first outcome',
        left: [
          own.whole('TimeToFirstOutcome', { statistic: 'p50', label: 'p50 (ms)' }),
          own.whole('TimeToFirstOutcome', { statistic: 'p99', label: 'p99 (ms)' }),
        ],
      },
    ],
  };
}

function queue({ chunks: { queue: chunks }, own }: Watched, alarms: Alarms): Section {
  return {
    title: 'Queue',
    normal:
      'messages come in bursts and are gone within seconds; the oldest is seconds old. A chunk that is handed back, ' +
      'sent again or delivered twice is safe and rare; so is a lost race. A steady stream of them is a sign of trouble.',
    graphs: [
      {
        title: 'Messages in the queue',
        left: [
          chunks.metricApproximateNumberOfMessagesVisible({ statistic: 'Maximum', label: 'waiting' }),
          chunks.metricApproximateNumberOfMessagesNotVisible({
            statistic: 'Maximum',
            label: 'being worked on',
          }),
        ],
      },
      {
        title: 'Age of the oldest message',
        left: [chunks.metricApproximateAgeOfOldestMessage({ statistic: 'Maximum', label: 'age (s)' })],
        leftAnnotations: [alarms.named('MessageAge').toAnnotation()],
      },
      {
        title: 'Work taken up again',
        left: [
          own.whole('ChunksHandedBack', { label: 'chunks handed back' }),
          own.whole('ChunksReEnqueued', { label: 'chunks sent again by reconcile' }),
          own.whole('DuplicateDeliveries', { label: 'duplicate deliveries' }),
          own.whole('FanOutsFailed', { label: 'fan-outs failed' }),
          own.whole('JobsNotReconciled', { label: 'jobs not reconciled' }),
        ],
      },
      { title: 'Lost races', stacked: true, left: own.divided('LostRaces') },
    ],
  };
}

function deadLetters({ chunks, own }: Watched): Section {
  return {
    title: 'Dead letters',
    normal: 'nothing. Each message here is a chunk that failed at every delivery, or is none of ours.',
    graphs: [
      {
        title: 'Messages in the dead-letter queue',
        left: [
          chunks.deadLetters.metricApproximateNumberOfMessagesVisible({
            statistic: 'Maximum',
            label: 'dead letters',
          }),
        ],
      },
      {
        title: 'Unparsable messages',
        left: [own.whole('UnparsableMessages', { label: 'deliveries' })],
      },
    ],
  };
}
