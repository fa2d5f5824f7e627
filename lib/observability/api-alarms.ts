/** The alarms on errors and latency of the API. */
import { MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import { type AlarmSpec, LASTING } from './alarm-spec.ts';
import { makeFailureShare, SHARE_PERIOD } from './share.ts';
import type { WatchedResources } from './watched-resources.ts';

/**
 * Minimum number of requests in a period. With fewer, the p99 is just the slowest request, most likely a cold
 * start.
 */
const MINIMUM_REQUESTS = 100;

export function specifyApiAlarms({ config, api }: WatchedResources): AlarmSpec[] {
  const sum = { statistic: 'Sum', period: SHARE_PERIOD };
  // The metric has one sample per request.
  const requests = api.metricCount({ statistic: 'SampleCount', period: SHARE_PERIOD });
  return [
    {
      name: 'ApiErrors',
      description: 'The API answers a share of its requests 5xx.',
      metric: makeFailureShare(
        api.metricServerError(sum),
        requests,
        config.alarmMinimumErrors,
        'requests answered 5xx (%)',
      ),
      threshold: config.alarmErrorPercent,
      periods: LASTING,
    },
    {
      name: 'ApiLatency',
      description: 'One request in a hundred takes long.',
      metric: new MathExpression({
        expression: `IF(requests >= ${MINIMUM_REQUESTS}, latency, 0)`,
        usingMetrics: { requests, latency: api.metricLatency({ statistic: 'p99', period: SHARE_PERIOD }) },
        period: SHARE_PERIOD,
        label: 'latency p99 (ms)',
      }),
      threshold: config.alarmLatencyMs,
      periods: LASTING,
    },
  ];
}
