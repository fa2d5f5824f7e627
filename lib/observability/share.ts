/** Makes the metric of the share of failures, which ignores a few failures at little traffic. */
import { Duration } from 'aws-cdk-lib';
import { type IMetric, MathExpression } from 'aws-cdk-lib/aws-cloudwatch';

/** Long enough to collect failures at little traffic, short enough for an early alarm. */
export const SHARE_PERIOD = Duration.minutes(5);

/**
 * Makes the share of `failures` in `total`, in percent; 0 below `minimum` failures. The minimum is one of
 * failures, not of requests, so that a service that always fails is noticed at little traffic, too.
 *
 * @param failures,total sums over SHARE_PERIOD
 */
export function makeFailureShare(
  failures: IMetric,
  total: IMetric,
  minimum: number,
  label: string,
): MathExpression {
  return new MathExpression({
    expression: `IF(failures >= ${minimum}, 100 * failures / total, 0)`,
    usingMetrics: { failures, total },
    period: SHARE_PERIOD,
    label,
  });
}
