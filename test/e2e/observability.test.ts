/**
 * What the template watches is what the running stack says of itself: on a stack of its own a mixed load,
 * then for each alarm its fault. Every metric that a graph or an alarm names is published, every field that a
 * saved query names is in the log, and each alarm is raised by its fault, and no other is: neither by that
 * fault nor by the load.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseObject } from '../../tools/kit/json.ts';
import { goingOn, stateOf } from '../rigs/cloudwatch/alarm.ts';
import { type Datapoint, nameOf } from '../rigs/cloudwatch/datapoint.ts';
import { FAULTS } from '../rigs/cloudwatch/faults.ts';
import { issuerAway, mixedLoad } from '../rigs/cloudwatch/load.ts';
import { valueOf } from '../rigs/cloudwatch/log-line.ts';
import { Stage } from '../rigs/cloudwatch/stage.ts';

/** A time to evaluate alarms at: what was published is seen as if it had gone on until then. */
const AT = Date.UTC(2026, 0, 15, 12);

let stage: Stage;
let load: Datapoint[];
/** By the alarm. */
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

/** The alarms that are in another state than OK, each with its state. */
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
  test('are written in the form that CloudWatch reads, all under the name of the stack', () => {
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
  test('find lines, and in them every field that they name', () => {
    const { queries, accessLogGroup, accessLogFormat } = stage.watching;
    const lines = stage.seen.lines.flatMap(({ functionName, text }) => {
      const line = parseObject(text);
      return line === undefined ? [] : { line, text, logGroup: stage.watching.logGroupOf(functionName) };
    });
    // The gateway of this machine writes no access log. The form of its lines is in the template.
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
  test('each has its fault', () => {
    expect(Object.keys(FAULTS).sort()).toEqual([...stage.watching.alarms.keys()].sort());
  });

  test('are quiet under the load', () => {
    expect(notOk(load)).toEqual([]);
  });

  test.each(Object.entries(FAULTS).map(([name, fault]) => ({ name, ...fault })))(
    '$name: raised by $what, and no other',
    ({ name, alsoRaises = [], insteadOfTheLoad }) => {
      const driven = faults.get(name) ?? [];
      const states = [name, ...alsoRaises].map((alarm) => `${alarm} ALARM`);
      expect(notOk(insteadOfTheLoad === true ? driven : [...load, ...driven]).sort()).toEqual(states.sort());
    },
  );
});
