/** Computes the statistics of CloudWatch over the values of one period. */

/**
 * @param name `Sum`, `SampleCount`, `Average`, `Minimum`, `Maximum`, or a percentile like `p99`
 * @returns undefined if there are no values: missing data is not zero
 * @throws Error for any other statistic
 */
export function computeStatistic(name: string, values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined;
  const sum = values.reduce((total, value) => total + value, 0);
  switch (name) {
    case 'Sum':
      return sum;
    case 'SampleCount':
      return values.length;
    case 'Average':
      return sum / values.length;
    case 'Minimum':
      return Math.min(...values);
    case 'Maximum':
      return Math.max(...values);
  }
  const percent = Number(/^p(\d{1,2}(?:\.\d+)?|100)$/.exec(name)?.[1]);
  if (Number.isNaN(percent)) throw new Error(`the statistic ${name} is not known here`);
  // The smallest value that is at least as large as this share of all values.
  return [...values].sort((a, b) => a - b)[Math.max(1, Math.ceil((values.length * percent) / 100)) - 1];
}
