/** Tests the dashboard: the order of its sections, and that every graph shows published metrics. */
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { METRICS } from '../../src/observability/metric-names.ts';
import { findProblem } from './published-metrics.ts';
import { type ReadableTemplate, synthesizeTemplate } from './readable-template.ts';
import { readWidgets, listReferences } from './widgets.ts';

function readWidgetsOf(template: ReadableTemplate) {
  const { DashboardBody } = z
    .object({ DashboardBody: z.string() })
    .parse(template.readProperties('ObservabilityDashboard'));
  return readWidgets(DashboardBody);
}

describe('dashboard', () => {
  const template = synthesizeTemplate();
  const widgets = readWidgetsOf(template);
  const graphs = widgets.filter(({ type }) => type === 'metric');
  const references = graphs.flatMap(({ properties }) => listReferences(properties.metrics ?? []));

  test('exists once, with the name of the stack and of the region, because dashboards are global', () => {
    expect(Object.keys(template.findByType('AWS::CloudWatch::Dashboard'))).toEqual([
      'ObservabilityDashboard',
    ]);
    expect(template.readProperties('ObservabilityDashboard')['DashboardName']).toBe(
      'FieldingJobs-${AWS::Region}',
    );
  });

  test('shows all alarms first, then these sections, each with a description of the normal state', () => {
    expect(
      widgets[1]?.properties.alarms?.map((arn) => arn.replace(/^\$\{(\w+)\.Arn\}$/, '$1')).sort(),
    ).toEqual(Object.keys(template.findByType('AWS::CloudWatch::Alarm')).sort());
    const texts = widgets.flatMap(({ y, properties: { markdown } }) =>
      markdown === undefined ? [] : { y, markdown },
    );
    const sections = texts.slice(1);
    expect(sections.map(({ markdown }) => /^## (.*)\n\*\*Normal:\*\* .+\.$/.exec(markdown)?.[1])).toEqual([
      'Traffic',
      'Outcome',
      'Latency',
      'Queues',
      'Dead letters',
      'Functions',
      'Tables',
      'Cost drivers',
    ]);
    expect(texts.map(({ y }) => y)).toEqual(texts.map(({ y }) => y).sort((a, b) => a - b));
  });

  test('names the runbook, and links to a copy if its address is configured', () => {
    const linked = readWidgetsOf(synthesizeTemplate({ runbookUrl: 'https://wiki.test/runbook' }));
    expect(widgets[0]?.properties.markdown).toContain("An alarm's section in docs/runbook.md says");
    expect(linked[0]?.properties.markdown).toContain('in [the runbook](https://wiki.test/runbook) says');
  });

  test('has graphs with unique titles that fit the width, in the region of the stack', () => {
    const titles = graphs.map(({ properties }) => properties.title);
    expect(titles).toHaveLength(31);
    expect(new Set(titles).size).toBe(titles.length);
    for (const { x, width, properties } of graphs) {
      expect(x + width).toBeLessThanOrEqual(24);
      expect(properties.region).toBe('${AWS::Region}');
    }
  });

  test('shows only published metrics', () => {
    expect(references.length).toBeGreaterThan(80);
    expect(references.flatMap((reference) => findProblem(reference, template, 'FieldingJobs') ?? [])).toEqual(
      [],
    );
  });

  test('shows every metric of the functions, with every value of its dimension', () => {
    const shown = references.filter(({ namespace }) => namespace === 'FieldingJobs');
    const expected = Object.entries(METRICS).flatMap(([name, notes]) =>
      'by' in notes ? notes.by.values.map((value) => `${name} ${value}`) : [name],
    );
    const found = shown.map(({ name, dimensions }) => {
      const more = Object.entries(dimensions).filter(([dimension]) => dimension !== 'service');
      return [name, ...more.map(([, value]) => value)].join(' ');
    });
    expect([...new Set(found)].sort()).toEqual(expected.sort());
  });

  test('uses only metrics of the same graph in an expression', () => {
    for (const { properties } of graphs) {
      const options = (properties.metrics ?? []).flatMap((row) =>
        row.filter((part) => typeof part !== 'string'),
      );
      const ids = options.map((option) => option['id']);
      for (const { expression } of options) {
        const used = (expression ?? '').match(/[a-z]\w*/g) ?? [];
        expect(used.filter((id) => !ids.includes(id))).toEqual([]);
      }
    }
  });
});

test('a metric that nothing publishes is reported', () => {
  const template = synthesizeTemplate();
  const findProblemOf = (namespace: string, name: string, dimensions: Record<string, string>) =>
    findProblem({ namespace, name, dimensions }, template, 'FieldingJobs');
  const service = 'fielding-jobs';
  expect(findProblemOf('FieldingJobs', 'JobsFailed', { service })).toBeUndefined();
  expect(findProblemOf('FieldingJobs', 'JobsLost', { service })).toMatch(/no function publishes/);
  expect(findProblemOf('FieldingJobs', 'JobsFailed', {})).toMatch(/no function publishes/);
  expect(findProblemOf('FieldingJobs', 'LostRaces', { service })).toMatch(/no function publishes/);
  expect(findProblemOf('FieldingJobs', 'LostRaces', { service, race: 'commit' })).toBeUndefined();
  expect(findProblemOf('FieldingJobs', 'LostRaces', { service, race: 'arms' })).toMatch(
    /no function publishes/,
  );
  expect(
    findProblemOf('AWS/SQS', 'NumberOfMessagesSent', { QueueName: '${QueueChunks.QueueName}' }),
  ).toBeUndefined();
  expect(findProblemOf('AWS/SQS', 'NumberOfMessagesSent', { QueueName: '${TablesJobs}' })).toMatch(
    /no AWS::SQS::Queue/,
  );
  expect(findProblemOf('AWS/SQS', 'MessagesSent', { QueueName: '${QueueChunks.QueueName}' })).toMatch(
    /unknown metric/,
  );
  expect(
    findProblemOf('AWS/DynamoDB', 'SuccessfulRequestLatency', {
      TableName: '${TablesJobs}',
      Operation: 'Scan',
    }),
  ).toMatch(/unknown Operation/);
});
