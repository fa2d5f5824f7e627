/** The sections of the dashboard that follow a job: traffic, outcome, latency, queues, dead letters. */
import type { Alarms } from './alarms.ts';
import type { Section, WatchedResources } from './watched-resources.ts';

export function makeJobSections(watched: WatchedResources, alarms: Alarms): Section[] {
  return [
    makeTraffic(watched),
    makeOutcome(watched, alarms),
    makeLatency(watched, alarms),
    makeQueues(watched, alarms),
    makeDeadLetters(watched),
  ];
}

function makeTraffic({ api, own }: WatchedResources): Section {
  return {
    title: 'Traffic',
    normal:
      'the rhythm of the clients. 4xx keep their share of the requests; a jump is one client, or the token issuer. ' +
      'A replay is a call that was repeated and costs next to nothing; conflicts are a fault of a client. No job is ' +
      'refused at a limit on open work.',
    graphs: [
      {
        title: 'Requests',
        left: [
          api.metricCount({ statistic: 'SampleCount', label: 'requests' }),
          api.metricClientError({ statistic: 'Sum', label: '4xx' }),
          api.metricServerError({ statistic: 'Sum', label: '5xx' }),
        ],
      },
      {
        title: 'Tokens and their issuer',
        left: [
          own.makeWholeMetric('RequestsUnauthenticated', { label: '401' }),
          own.makeWholeMetric('RequestsUnavailable', { label: '503' }),
          own.makeWholeMetric('IssuerUnreachable', { label: 'token issuer unreachable' }),
          own.makeWholeMetric('KeySetsNotRenewed', { label: 'stored keys not renewed' }),
        ],
      },
      {
        title: 'Jobs created and replayed',
        left: [
          own.makeWholeMetric('JobsCreated', { label: 'created' }),
          own.makeWholeMetric('JobsReplayed', { label: 'replayed' }),
        ],
      },
      {
        title: 'Jobs refused at a limit',
        left: [
          ...own.makeDividedMetrics('JobsRefused'),
          own.makeWholeMetric('AdmissionsUnknown', { label: 'let in unchecked' }),
        ],
      },
      {
        title: 'Idempotency keys',
        left: [
          own.makeWholeMetric('IdempotencyConflicts', { label: 'used with another body' }),
          own.makeWholeMetric('IdempotencyBypassed', { label: 'decided without the idempotency table' }),
        ],
      },
    ],
  };
}

function makeOutcome({ own }: WatchedResources, alarms: Alarms): Section {
  return {
    title: 'Outcome',
    normal:
      'as many jobs end as are created; no job fails. TargetGroupNotFound and StatusTransitionNotAllowed are answers ' +
      'to what clients ask for; InternalError is ours and should be nothing at all. Open jobs return to zero.',
    graphs: [
      {
        title: 'Jobs ended',
        left: [
          own.makeWholeMetric('JobsCompleted', { label: 'completed' }),
          own.makeWholeMetric('JobsFailed', { label: 'failed' }),
        ],
      },
      {
        title: 'Target groups',
        stacked: true,
        left: [
          own.makeWholeMetric('TargetGroupsUpdated', { label: 'updated' }),
          ...own.makeDividedMetrics('TargetGroupsFailed'),
        ],
      },
      {
        title: 'Open jobs',
        left: [own.makeWholeMetric('OpenJobs', { statistic: 'Maximum', label: 'open jobs' })],
      },
      {
        title: 'Age of the oldest open job',
        left: [own.makeWholeMetric('OldestOpenJobAge', { statistic: 'Maximum', label: 'age (s)' })],
        leftAnnotations: [alarms.getAlarm('OldestOpenJob').toAnnotation()],
      },
    ],
  };
}

function makeLatency({ api, own }: WatchedResources, alarms: Alarms): Section {
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
        leftAnnotations: [alarms.getAlarm('ApiLatency').toAnnotation()],
      },
      {
        title: 'Duration of jobs',
        left: [
          own.makeWholeMetric('JobDuration', { statistic: 'p50', label: 'p50 (ms)' }),
          own.makeWholeMetric('JobDuration', { statistic: 'p99', label: 'p99 (ms)' }),
        ],
      },
      {
        title: 'Time to the first outcome',
        left: [
          own.makeWholeMetric('TimeToFirstOutcome', { statistic: 'p50', label: 'p50 (ms)' }),
          own.makeWholeMetric('TimeToFirstOutcome', { statistic: 'p99', label: 'p99 (ms)' }),
        ],
      },
    ],
  };
}

function makeQueues({ chunks, giveUps, own }: WatchedResources, alarms: Alarms): Section {
  const queues = [
    ['chunks', chunks.queue],
    ['give-ups', giveUps.queue],
  ] as const;
  const options = (label: string) => ({ statistic: 'Maximum', label });
  return {
    title: 'Queues',
    normal:
      'chunks come in bursts and are gone within seconds; the oldest is seconds old. There are no give-ups: each is a ' +
      'chunk of a job past its deadline. A chunk that is handed back, sent again or delivered twice is safe and rare; ' +
      'so is a lost race. A steady stream of them is a sign of trouble.',
    graphs: [
      {
        title: 'Messages in the queues',
        left: queues.flatMap(([name, queue]) => [
          queue.metricApproximateNumberOfMessagesVisible(options(`${name}: waiting`)),
          queue.metricApproximateNumberOfMessagesNotVisible(options(`${name}: being worked on`)),
        ]),
      },
      {
        title: 'Age of the oldest message',
        left: queues.map(([name, queue]) =>
          queue.metricApproximateAgeOfOldestMessage(options(`${name} (s)`)),
        ),
        leftAnnotations: [alarms.getAlarm('MessageAge').toAnnotation()],
      },
      {
        title: 'Work taken up again',
        left: [
          own.makeWholeMetric('ChunksHandedBack', { label: 'chunks handed back' }),
          own.makeWholeMetric('ChunksReEnqueued', { label: 'chunks sent again by reconcile' }),
          own.makeWholeMetric('DuplicateDeliveries', { label: 'duplicate deliveries' }),
          own.makeWholeMetric('FanOutsFailed', { label: 'fan-outs failed' }),
          own.makeWholeMetric('JobsNotReconciled', { label: 'jobs not reconciled' }),
        ],
      },
      { title: 'Lost races', stacked: true, left: own.makeDividedMetrics('LostRaces') },
    ],
  };
}

function makeDeadLetters({ chunks, giveUps, own }: WatchedResources): Section {
  const options = (label: string) => ({ statistic: 'Maximum', label });
  return {
    title: 'Dead letters',
    normal:
      'nothing. Each message here is a chunk or a give-up that failed at every delivery, or is none of ours.',
    graphs: [
      {
        title: 'Messages in the dead-letter queues',
        left: [
          chunks.deadLetters.metricApproximateNumberOfMessagesVisible(options('chunks')),
          giveUps.deadLetters.metricApproximateNumberOfMessagesVisible(options('give-ups')),
        ],
      },
      {
        title: 'Unparsable messages',
        left: [own.makeWholeMetric('UnparsableMessages', { label: 'deliveries' })],
      },
    ],
  };
}
