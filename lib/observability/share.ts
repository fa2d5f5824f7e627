/** The share of failures, in a form that does not cry wolf when there is little traffic. */
import { Duration } from 'aws-cdk-lib';
import { type IMetric, MathExpression } from 'aws-cdk-lib/aws-cloudwatch';

/** Long enough to collect failures of a service that is little used, short enough to hear of them. */
export const SHARE_PERIOD = Duration.minutes(5);

/**
 * The share of `failures` in `total`, in percent; 0 while there are fewer failures than `minimum`. With a minimum of
 * failures, and not of requests, a service that always fails is seen at little traffic too.
 *
 * @param failures,total sums over SHARE_PERIOD
 */
export function failureShare(
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
