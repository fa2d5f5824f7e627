/** Tests the metrics that each event adds, and the lines in which an invocation writes them (ADR 23). */
import { describe, expect, test } from '@jest/globals';
import { EmbeddedMetrics } from '../../src/observability/embedded-metrics.ts';
import type { EventName, Report } from '../../src/observability/events.ts';
import { LEVELS } from '../../src/observability/events.ts';
import { METRICS } from '../../src/observability/metric-names.ts';
import { type Measurement, listMeasurements } from '../../src/observability/metrics.ts';

const JOB = { jobId: 'J', accountId: 101, projectId: 'P' };
const CHUNK = { jobId: 'J', chunk: 0 };
const REFUSED = { event: 'request.refused', errorId: 'e', status: 400, route: 'r' } as const;
const cause = new Error('no');

/** Every event that can be reported, with the measurements that it adds. */
const MEASURED: readonly (readonly [Report, readonly Measurement[]])[] = [
  [
    { event: 'job.created', ...JOB, action: 'resume', targetGroups: 9, chunks: 2 },
    [{ name: 'JobsCreated', value: 1 }],
  ],
  [{ event: 'job.replayed', ...JOB }, [{ name: 'JobsReplayed', value: 1 }]],
  [
    { event: 'job.refused', ...JOB, limit: 'stack', targetGroups: 9 },
    [{ name: 'JobsRefused', value: 1, dimension: 'stack' }],
  ],
  ...(['account-jobs', 'account-target-groups'] as const).map((limit): [Report, Measurement[]] => [
    { event: 'job.refused', ...JOB, limit, targetGroups: 9 },
    [{ name: 'JobsRefused', value: 1, dimension: 'account' }],
  ]),
  [{ event: 'admission.unknown', cause }, [{ name: 'AdmissionsUnknown', value: 1 }]],
  [{ event: 'admission.not-counted', cause }, [{ name: 'AdmissionsUnknown', value: 1 }]],
  [{ ...REFUSED, kind: 'IdempotencyKeyReusedError' }, [{ name: 'IdempotencyConflicts', value: 1 }]],
  [{ ...REFUSED, kind: 'InvalidRequestError' }, []],
  [
    { ...REFUSED, status: 401, kind: 'UnauthenticatedError' },
    [{ name: 'RequestsUnauthenticated', value: 1 }],
  ],
  [{ ...REFUSED, status: 503, kind: 'ServiceUnavailableError' }, [{ name: 'RequestsUnavailable', value: 1 }]],
  [{ event: 'key-set.not-renewed', cause }, [{ name: 'KeySetsNotRenewed', value: 1 }]],
  [{ event: 'key-set.not-read', cause }, []],
  [{ event: 'key-set.restored', ageMs: 7 }, []],
  [{ event: 'idempotency.bypassed', jobId: 'J', cause }, [{ name: 'IdempotencyBypassed', value: 1 }]],
  [{ event: 'fan-out.sent', jobId: 'J', chunks: 2 }, []],
  [{ event: 'fan-out.failed', jobId: 'J', cause }, [{ name: 'FanOutsFailed', value: 1 }]],
  [{ event: 'job.first-outcome', jobId: 'J', ms: 70 }, [{ name: 'TimeToFirstOutcome', value: 70 }]],
  [
    { event: 'job.finished', jobId: 'J', status: 'Completed', ms: 900 },
    [
      { name: 'JobsCompleted', value: 1 },
      { name: 'JobDuration', value: 900 },
    ],
  ],
  [
    { event: 'job.finished', jobId: 'J', status: 'Failed', ms: 900 },
    [
      { name: 'JobsFailed', value: 1 },
      { name: 'JobDuration', value: 900 },
    ],
  ],
  [
    {
      event: 'chunk.settled',
      ...CHUNK,
      updated: 195,
      failed: 5,
      failuresByCode: { TargetGroupNotFound: 4, InternalError: 1 },
      ms: 800,
    },
    [
      { name: 'TargetGroupsUpdated', value: 195 },
      { name: 'TargetGroupsFailed', value: 4, dimension: 'TargetGroupNotFound' },
      { name: 'TargetGroupsFailed', value: 1, dimension: 'InternalError' },
    ],
  ],
  [{ event: 'chunk.claimed', ...CHUNK, begun: true }, []],
  [{ event: 'chunk.handed-back', ...CHUNK, unfinished: 3, cause }, [{ name: 'ChunksHandedBack', value: 1 }]],
  [{ event: 'chunk.repeated', ...CHUNK }, [{ name: 'DuplicateDeliveries', value: 1 }]],
  [{ event: 'chunk.failed', ...CHUNK, cause }, []],
  [{ event: 'chunk.expired', ...CHUNK }, []],
  [{ event: 'message.unparsable', messageId: 'm', cause }, [{ name: 'UnparsableMessages', value: 1 }]],
  [{ event: 'job.unknown', ...CHUNK }, []],
  [{ event: 'job.re-enqueued', jobId: 'J', chunks: 7 }, [{ name: 'ChunksReEnqueued', value: 7 }]],
  [{ event: 'job.deadline-passed', jobId: 'J', chunks: 7 }, []],
  [{ event: 'job.last-resort', jobId: 'J', chunks: 7 }, []],
  [{ event: 'resends.withheld', jobs: 7 }, []],
  [{ event: 'job.not-reconciled', jobId: 'J', cause }, [{ name: 'JobsNotReconciled', value: 1 }]],
  [{ event: 'race.lost', race: 'claim', jobId: 'J' }, [{ name: 'LostRaces', value: 1, dimension: 'claim' }]],
  [
    { event: 'open-jobs.counted', count: 3, oldestSeconds: 61, complete: true },
    [
      { name: 'OpenJobs', value: 3 },
      { name: 'OldestOpenJobAge', value: 61 },
    ],
  ],
  [{ event: 'open-jobs.not-counted', cause }, []],
  [{ event: 'tracer.failed', cause }, []],
  [{ event: 'issuer.unreachable', cause }, [{ name: 'IssuerUnreachable', value: 1 }]],
  [{ event: 'request.answered', status: 200, route: 'r' }, []],
  [{ event: 'request.failed', errorId: 'e', status: 500, route: 'r', cause }, []],
];

test.each(MEASURED)('%j adds its measurements', (report, measured) => {
  expect(listMeasurements(report)).toEqual(measured);
});

test('every event is in the list, and every metric comes from an event', () => {
  const events = new Set<EventName>(MEASURED.map(([{ event }]) => event));
  expect([...events].sort()).toEqual(Object.keys(LEVELS).sort());
  const names = new Set(MEASURED.flatMap(([, measured]) => measured.map(({ name }) => name)));
  expect([...names].sort()).toEqual(Object.keys(METRICS).sort());
});

describe('the lines of an invocation', () => {
  const NOW = 1_750_000_000_000;

  function flushLines(measured: readonly Measurement[]): Record<string, unknown>[] {
    const lines: string[] = [];
    const metrics = new EmbeddedMetrics({
      namespace: 'Stack',
      service: 'fielding-jobs',
      write: (line) => lines.push(line),
    });
    for (const each of measured) metrics.add(each);
    metrics.flush(NOW);
    // A second flush must write nothing.
    metrics.flush(NOW);
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  test('are not written if nothing was measured', () => {
    expect(flushLines([])).toEqual([]);
  });

  test('are one for all metrics without a dimension, with sums of counts and lists of durations', () => {
    expect(
      flushLines([
        { name: 'TargetGroupsUpdated', value: 200 },
        { name: 'JobDuration', value: 5_000 },
        { name: 'TargetGroupsUpdated', value: 40 },
        { name: 'JobDuration', value: 6_000 },
        { name: 'TimeToFirstOutcome', value: 70 },
      ]),
    ).toEqual([
      {
        _aws: {
          Timestamp: NOW,
          CloudWatchMetrics: [
            {
              Namespace: 'Stack',
              Dimensions: [['service']],
              Metrics: [
                { Name: 'TargetGroupsUpdated', Unit: 'Count' },
                { Name: 'JobDuration', Unit: 'Milliseconds' },
                { Name: 'TimeToFirstOutcome', Unit: 'Milliseconds' },
              ],
            },
          ],
        },
        service: 'fielding-jobs',
        TargetGroupsUpdated: 240,
        JobDuration: [5_000, 6_000],
        TimeToFirstOutcome: 70,
      },
    ]);
  });

  test('are another one for each value of a dimension', () => {
    const lines = flushLines([
      { name: 'TargetGroupsFailed', value: 2, dimension: 'TargetGroupNotFound' },
      { name: 'LostRaces', value: 1, dimension: 'claim' },
      { name: 'TargetGroupsFailed', value: 3, dimension: 'InternalError' },
      { name: 'TargetGroupsFailed', value: 5, dimension: 'TargetGroupNotFound' },
    ]);
    expect(lines).toMatchObject([
      { service: 'fielding-jobs', reason: 'TargetGroupNotFound', TargetGroupsFailed: 7 },
      { race: 'claim', LostRaces: 1 },
      { reason: 'InternalError', TargetGroupsFailed: 3 },
    ]);
    expect(lines[0]?.['_aws']).toMatchObject({
      CloudWatchMetrics: [
        { Dimensions: [['service', 'reason']], Metrics: [{ Name: 'TargetGroupsFailed', Unit: 'Count' }] },
      ],
    });
  });

  test('have at most as many values of a metric as CloudWatch accepts', () => {
    const [line] = flushLines(Array.from({ length: 130 }, (_, value) => ({ name: 'JobDuration', value })));
    expect(line?.['JobDuration']).toHaveLength(100);
  });
});
