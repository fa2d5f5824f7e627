/**
 * Tests alarms, graphs and saved queries on a stack of its own, under a mixed load and one fault for each
 * alarm (ADR 24). Every named metric and field must exist, and only its own fault may raise an alarm.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseObject } from '../../tools/kit/json.ts';
import { repeatInEachPeriod, evaluateAlarm } from '../rigs/cloudwatch/alarm.ts';
import { type Datapoint, makeMetricName } from '../rigs/cloudwatch/datapoint.ts';
import { FAULTS } from '../rigs/cloudwatch/alarm-faults.ts';
import { interruptIssuer, runMixedLoad } from '../rigs/cloudwatch/load.ts';
import { readField } from '../rigs/cloudwatch/logged-line.ts';
import { AlarmRig } from '../rigs/cloudwatch/alarm-rig.ts';
import { waitUntil } from '../support/wait-until.ts';

/** The time at which alarms are evaluated, as if the published datapoints had gone on until then. */
const AT = Date.UTC(2026, 0, 15, 12);

let rig: AlarmRig;
let load: Datapoint[];
/** The datapoints under the fault of an alarm, by the alarm's name. */
const faults = new Map<string, Datapoint[]>();

beforeAll(async () => {
  rig = await AlarmRig.start();
  load = await rig.observe(async () => {
    await interruptIssuer(rig);
    const slow = Object.values(FAULTS).filter(({ runsDuringLoad }) => runsDuringLoad === true);
    await Promise.all([runMixedLoad(rig), ...slow.map(({ drive }) => drive(rig))]);
    await rig.stack.runSchedules();
    await waitForEmptyReceives();
  });
  for (const [alarm, { drive, runsDuringLoad }] of Object.entries(FAULTS)) {
    const driven =
      runsDuringLoad === true ? rig.observations.slowRequestDatapoints : await rig.observe(() => drive(rig));
    faults.set(alarm, driven);
  }
});

afterAll(() => rig.stop());

/** Lists the metrics that a graph or an alarm names, each with the title or the name of that. */
function listNamedMetrics() {
  const { graphs, alarms } = rig.watched;
  return [
    ...graphs.flatMap(({ title, metrics }) => metrics.map((metric) => ({ by: title, metric }))),
    ...[...alarms].flatMap(([by, { inputs }]) => inputs.map(({ metric }) => ({ by, metric }))),
  ];
}

/** A receive call of an empty queue waits for 20 seconds, which may be longer than the load. */
async function waitForEmptyReceives(): Promise<void> {
  const metrics = listNamedMetrics().map(({ metric }) => makeMetricName(metric));
  const awaited = metrics.filter((metric) => metric.includes('NumberOfEmptyReceives'));
  expect(awaited).not.toEqual([]);
  await waitUntil(() => awaited.every((metric) => rig.observations.hasPublished(metric)), 100);
}

/** Returns the alarms that are not in the state OK, each as its name and state. */
function listAlarmsNotOk(datapoints: readonly Datapoint[]): string[] {
  return [...rig.watched.alarms].flatMap(([name, alarm]) => {
    const state = evaluateAlarm(alarm, repeatInEachPeriod(alarm, datapoints, AT), AT);
    return state === 'OK' ? [] : `${name} ${state}`;
  });
}

function listAllDatapoints(): Datapoint[] {
  return [...load, ...[...faults.values()].flat()];
}

describe('metrics', () => {
  test('have the form that CloudWatch reads, and the name of the stack as their namespace', () => {
    expect(rig.observations.malformed).toEqual([]);
    const namespaces = listAllDatapoints().map(({ namespace }) => namespace);
    const own = new Set(namespaces.filter((namespace) => !namespace.startsWith('AWS/')));
    expect([...own]).toEqual([rig.watched.stackName]);
  });

  test('that a graph or an alarm names are all published', () => {
    const published = new Set(listAllDatapoints().map(makeMetricName));
    const named = listNamedMetrics();
    expect(named.length).toBeGreaterThan(100);
    const missing = named.filter(({ metric }) => !published.has(makeMetricName(metric)));
    expect(missing.map(({ by, metric }) => `${by}: ${makeMetricName(metric)}`)).toEqual([]);
  });
});

describe('saved queries', () => {
  test('find log lines with every field that they name', () => {
    const { queries, accessLogGroup, accessLogFormat } = rig.watched;
    const lines = rig.observations.lines.flatMap(({ functionName, text }) => {
      const line = parseObject(text);
      return line === undefined ? [] : { line, text, logGroup: rig.watched.findLogGroup(functionName) };
    });
    // The local gateway writes no access log, so the format in the template stands for its lines.
    const access = {
      line: parseObject(accessLogFormat) ?? {},
      text: accessLogFormat,
      logGroup: accessLogGroup,
    };
    const missing = queries.flatMap(({ name, logGroups, fields, selects }) => {
      const found = [...lines, access].filter(
        ({ line, text, logGroup }) => logGroups.includes(logGroup) && selects(line, text),
      );
      return fields
        .filter((field) => !found.some(({ line }) => readField(line, field) !== undefined))
        .map((field) => `${name}: ${field} in ${found.length} lines`);
    });
    expect(queries.length).toBeGreaterThan(10);
    expect(missing).toEqual([]);
  });
});

describe('alarms', () => {
  test('have one fault each', () => {
    expect(Object.keys(FAULTS).sort()).toEqual([...rig.watched.alarms.keys()].sort());
  });

  test('are all OK under the load', () => {
    expect(listAlarmsNotOk(load)).toEqual([]);
  });

  test.each(Object.entries(FAULTS).map(([name, fault]) => ({ name, ...fault })))(
    '$name is raised by $what, and no unrelated alarm is',
    ({ name, alsoRaises = [], replacesLoad }) => {
      const driven = faults.get(name) ?? [];
      const states = [name, ...alsoRaises].map((alarm) => `${alarm} ALARM`);
      expect(listAlarmsNotOk(replacesLoad === true ? driven : [...load, ...driven]).sort()).toEqual(
        states.sort(),
      );
    },
  );
});
