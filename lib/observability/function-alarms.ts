/** The two alarms of every function: on its errors and on its throttles. */
import { FUNCTION_NAMES, toPascalCase } from '../functions/make-functions.ts';
import { type AlarmSpec, LASTING } from './alarm-spec.ts';
import { makeFailureShare, SHARE_PERIOD } from './share.ts';
import type { WatchedResources } from './watched-resources.ts';

export function specifyFunctionAlarms({ config, functions }: WatchedResources): AlarmSpec[] {
  const sum = { statistic: 'Sum', period: SHARE_PERIOD };
  return FUNCTION_NAMES.flatMap((name): AlarmSpec[] => {
    const lambda = functions[name];
    return [
      {
        name: `${toPascalCase(name)}Errors`,
        description: `Invocations of ${name} crash or run into their timeout.`,
        metric: makeFailureShare(
          lambda.metricErrors(sum),
          lambda.metricInvocations(sum),
          config.alarmMinimumErrors,
          'failed invocations (%)',
        ),
        threshold: config.alarmErrorPercent,
        periods: LASTING,
      },
      {
        name: `${toPascalCase(name)}Throttles`,
        description: `Lambda does not let ${name} run as often as it is called.`,
        metric: lambda.metricThrottles(sum),
        threshold: config.alarmThrottles,
        periods: LASTING,
      },
    ];
  });
}
