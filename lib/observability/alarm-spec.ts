/** The specification of an alarm, from which alarms.ts makes it. */
import type { IMetric } from 'aws-cdk-lib/aws-cloudwatch';

/** The specification of one alarm. */
export interface AlarmSpec {
  /** In Pascal case; also its heading in docs/runbook.md. */
  readonly name: string;
  /** One sentence, which is part of the e-mail. */
  readonly description: string;
  readonly metric: IMetric;
  readonly threshold: number;
  /** Which values breach the threshold. Default: those at or above it. */
  readonly breaches?: 'at or above' | 'below';
  /**
   * The alarm is raised when `breaching` of the last `of` periods breach. A single period may be an outlier.
   */
  readonly periods: { readonly breaching: number; readonly of: number };
  /** How a period without data counts. Default: quiet. */
  readonly missing?: 'quiet' | 'breaching' | 'as before';
}

/** With periods of 5 minutes: a problem that lasts is reported after ten minutes, a short one is not. */
export const LASTING = { breaching: 2, of: 3 };

/** For a state that does not end by itself by the next period. */
export const AT_ONCE = { breaching: 1, of: 1 };
