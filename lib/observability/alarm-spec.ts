/** What makes an alarm: written down first, made by alarms.ts. */
import type { IMetric } from 'aws-cdk-lib/aws-cloudwatch';

/** One alarm, before it is made. */
export interface AlarmSpec {
  /** In Pascal case; also its heading in docs/runbook.md. */
  readonly name: string;
  /** One sentence, which stands in the mail. */
  readonly description: string;
  readonly metric: IMetric;
  readonly threshold: number;
  /** At or above the threshold, unless it says otherwise. */
  readonly breaches?: 'at or above' | 'below';
  /** So many of the last so many periods have to breach: one period alone may be a blip. */
  readonly periods: { readonly breaching: number; readonly of: number };
  /** What a period without data counts as: quiet, unless it says otherwise. */
  readonly missing?: 'quiet' | 'breaching' | 'as before';
}

/** Of periods of 5 minutes: what lasts is seen after ten, what is over by itself wakes nobody. */
export const LASTING = { breaching: 2, of: 3 };

/** For a state that does not mend itself by the next period. */
export const AT_ONCE = { breaching: 1, of: 1 };
