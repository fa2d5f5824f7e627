/** Makes the alarms, which all go to one topic. docs/runbook.md has a section on each. */
import { Stack } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { AlarmSpec } from './alarm-spec.ts';
import { specifyApiAlarms } from './api-alarms.ts';
import { specifyCapacityAlarms } from './capacity-alarms.ts';
import { specifyFunctionAlarms } from './function-alarms.ts';
import { specifyJobAlarms } from './job-alarms.ts';
import type { WatchedResources } from './watched-resources.ts';

const COMPARISONS = {
  'at or above': ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
  below: ComparisonOperator.LESS_THAN_THRESHOLD,
};

const MISSING = {
  quiet: TreatMissingData.NOT_BREACHING,
  breaching: TreatMissingData.BREACHING,
  'as before': TreatMissingData.IGNORE,
};

/** The page of the runbook in this repository. Each of its headings is the name of an alarm. */
export const RUNBOOK_PAGE = 'docs/runbook.md';

export class Alarms extends Construct {
  readonly #alarmsByName: ReadonlyMap<string, Alarm>;
  readonly #runbook: string;

  constructor(scope: Construct, id: string, watched: WatchedResources, topic: ITopic) {
    super(scope, id);
    this.#runbook = watched.config.runbookUrl ?? RUNBOOK_PAGE;
    const specs = [
      ...specifyJobAlarms(watched),
      ...specifyApiAlarms(watched),
      ...specifyFunctionAlarms(watched),
      ...specifyCapacityAlarms(watched),
    ];
    this.#alarmsByName = new Map(specs.map((spec) => [spec.name, this.#makeAlarm(spec, topic)]));
  }

  /** Every alarm, the most important first. */
  get all(): Alarm[] {
    return [...this.#alarmsByName.values()];
  }

  /**
   * Returns the alarm of a name.
   * @throws Error when there is none
   */
  getAlarm(name: string): Alarm {
    const alarm = this.#alarmsByName.get(name);
    if (alarm === undefined) throw new Error(`there is no alarm ${name}`);
    return alarm;
  }

  #makeAlarm(spec: AlarmSpec, topic: ITopic): Alarm {
    const alarm = new Alarm(this, spec.name, {
      alarmName: `${Stack.of(this).stackName}-${spec.name}`,
      alarmDescription: `${spec.description} What to do: ${this.#runbook}#${spec.name.toLowerCase()}`,
      metric: spec.metric,
      threshold: spec.threshold,
      comparisonOperator: COMPARISONS[spec.breaches ?? 'at or above'],
      datapointsToAlarm: spec.periods.breaching,
      evaluationPeriods: spec.periods.of,
      treatMissingData: MISSING[spec.missing ?? 'quiet'],
    });
    const action = new SnsAction(topic);
    alarm.addAlarmAction(action);
    alarm.addOkAction(action);
    return alarm;
  }
}
