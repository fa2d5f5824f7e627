/** The alarms on errors and latency of the API, and on the tokens that its callers bring. */
import { Duration } from 'aws-cdk-lib';
import { MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import { type AlarmSpec, LASTING } from './alarm-spec.ts';
import { makeFailureShare, SHARE_PERIOD } from './share.ts';
import type { WatchedResources } from './watched-resources.ts';

/**
 * Minimum number of requests in a period. With fewer, the p99 is just the slowest request, most likely a cold
 * start.
 */
const MINIMUM_REQUESTS = 100;

export function specifyApiAlarms({ config, api, own }: WatchedResources): AlarmSpec[] {
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
    {
      name: 'KeySetsNotRenewed',
      description: 'For 5 minutes the stored keys of the token issuer could not be renewed.',
      // Reconcile tries it every minute, whatever the traffic is. The functions that verify tokens ask when
      // somebody calls them.
      metric: own.makeWholeMetric('KeySetsNotRenewed', { period: Duration.minutes(1) }),
      threshold: 1,
      periods: { breaching: 5, of: 5 },
    },
    {
      name: 'TokensRefused',
      description: 'A large share of the requests has no valid token (401).',
      metric: makeFailureShare(
        own.makeWholeMetric('RequestsUnauthenticated', sum),
        requests,
        config.alarmMinimumErrors,
        'requests answered 401 (%)',
      ),
      threshold: config.alarmUnauthenticatedPercent,
      periods: LASTING,
    },
    {
      name: 'RequestsUnavailable',
      description:
        'A share of the requests is refused for now (503): no keys of the issuer, or too much work.',
      metric: makeFailureShare(
        own.makeWholeMetric('RequestsUnavailable', sum),
        requests,
        config.alarmMinimumErrors,
        'requests answered 503 (%)',
      ),
      threshold: config.alarmErrorPercent,
      periods: LASTING,
    },
  ];
}
