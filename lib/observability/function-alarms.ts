/** The two alarms of every function: on its errors and on its throttles. */
import { FUNCTION_NAMES, pascalCase } from '../functions/functions.ts';
import { type AlarmSpec, LASTING } from './alarm-spec.ts';
import { failureShare, SHARE_PERIOD } from './share.ts';
import type { Watched } from './watched.ts';

export function functionAlarms({ config, functions }: Watched): AlarmSpec[] {
  const sum = { statistic: 'Sum', period: SHARE_PERIOD };
  return FUNCTION_NAMES.flatMap((name): AlarmSpec[] => {
    const lambda = functions[name];
    return [
      {
        name: `${pascalCase(name)}Errors`,
        description: `Invocations of ${name} crash or run into their timeout.`,
        metric: failureShare(
          lambda.metricErrors(sum),
          lambda.metricInvocations(sum),
          config.alarmMinimumErrors,
          'failed invocations (%)',
        ),
        threshold: config.alarmErrorPercent,
        periods: LASTING,
      },
      {
        name: `${pascalCase(name)}Throttles`,
        description: `Lambda does not let ${name} run as often as it is called.`,
        metric: lambda.metricThrottles(sum),
        threshold: config.alarmThrottles,
        periods: LASTING,
      },
    ];
  });
}
