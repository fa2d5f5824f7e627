/**
 * Tests alarms, graphs and saved queries on a stack of its own, under a mixed load and one fault for each
 * alarm (ADR 24). Every named metric and field must exist, and only its own fault may raise an alarm.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseObject } from '../../tools/kit/json.ts';
import { goingOn, stateOf } from '../rigs/cloudwatch/alarm.ts';
import { type Datapoint, nameOf } from '../rigs/cloudwatch/datapoint.ts';
import { FAULTS } from '../rigs/cloudwatch/faults.ts';
import { issuerAway, mixedLoad } from '../rigs/cloudwatch/load.ts';
import { valueOf } from '../rigs/cloudwatch/log-line.ts';
import { Stage } from '../rigs/cloudwatch/stage.ts';

/** The time at which alarms are evaluated, as if the published datapoints had gone on until then. */
const AT = Date.UTC(2026, 0, 15, 12);

let stage: Stage;
let load: Datapoint[];
/** The datapoints under the fault of an alarm, by the alarm's name. */
const faults = new Map<string, Datapoint[]>();

beforeAll(async () => {
  stage = await Stage.start();
  load = await stage.during(async () => {
    await issuerAway(stage);
    const slow = Object.values(FAULTS).filter(({ besideTheLoad }) => besideTheLoad === true);
    await Promise.all([mixedLoad(stage), ...slow.map(({ drive }) => drive(stage))]);
    await stage.stack.runSchedules();
  });
  for (const [alarm, { drive, besideTheLoad }] of Object.entries(FAULTS)) {
    const driven =
      besideTheLoad === true ? stage.seen.ofSlowRequests : await stage.during(() => drive(stage));
    faults.set(alarm, driven);
  }
});

afterAll(() => stage.stop());

/** Returns the alarms that are not in the state OK, each as its name and state. */
function notOk(datapoints: readonly Datapoint[]): string[] {
  return [...stage.watching.alarms].flatMap(([name, alarm]) => {
    const state = stateOf(alarm, goingOn(alarm, datapoints, AT), AT);
    return state === 'OK' ? [] : `${name} ${state}`;
  });
}

function everything(): Datapoint[] {
  return [...load, ...[...faults.values()].flat()];
}

describe('metrics', () => {
  test('have the form that CloudWatch reads, and the name of the stack as their namespace', () => {
    expect(stage.seen.malformed).toEqual([]);
    const namespaces = everything().map(({ namespace }) => namespace);
    const own = new Set(namespaces.filter((namespace) => !namespace.startsWith('AWS/')));
    expect([...own]).toEqual([stage.watching.stackName]);
  });

  test('that a graph or an alarm names are all published', () => {
    const published = new Set(everything().map(nameOf));
    const { graphs, alarms } = stage.watching;
    const named = [
      ...graphs.flatMap(({ title, metrics }) => metrics.map((metric) => ({ by: title, metric }))),
      ...[...alarms].flatMap(([by, { inputs }]) => inputs.map(({ metric }) => ({ by, metric }))),
    ];
    expect(named.length).toBeGreaterThan(100);
    const missing = named.filter(({ metric }) => !published.has(nameOf(metric)));
    expect(missing.map(({ by, metric }) => `${by}: ${nameOf(metric)}`)).toEqual([]);
  });
});

describe('saved queries', () => {
  test('find log lines with every field that they name', () => {
    const { queries, accessLogGroup, accessLogFormat } = stage.watching;
    const lines = stage.seen.lines.flatMap(({ functionName, text }) => {
      const line = parseObject(text);
      return line === undefined ? [] : { line, text, logGroup: stage.watching.logGroupOf(functionName) };
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
        .filter((field) => !found.some(({ line }) => valueOf(line, field) !== undefined))
        .map((field) => `${name}: ${field} in ${found.length} lines`);
    });
    expect(queries.length).toBeGreaterThan(10);
    expect(missing).toEqual([]);
  });
});

describe('alarms', () => {
  test('have one fault each', () => {
    expect(Object.keys(FAULTS).sort()).toEqual([...stage.watching.alarms.keys()].sort());
  });

  test('are all OK under the load', () => {
    expect(notOk(load)).toEqual([]);
  });

  test.each(Object.entries(FAULTS).map(([name, fault]) => ({ name, ...fault })))(
    '$name is raised by $what, and no unrelated alarm is',
    ({ name, alsoRaises = [], insteadOfTheLoad }) => {
      const driven = faults.get(name) ?? [];
      const states = [name, ...alsoRaises].map((alarm) => `${alarm} ALARM`);
      expect(notOk(insteadOfTheLoad === true ? driven : [...load, ...driven]).sort()).toEqual(states.sort());
    },
  );
});
