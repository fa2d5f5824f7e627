/** Tests the saved queries: their names, their log groups, and that log lines have their fields. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import * as errors from '../../src/domain/errors.ts';
import { LEVELS } from '../../src/observability/events.ts';
import { METRICS } from '../../src/observability/metric-names.ts';
import { type ReadableTemplate, synthesizeTemplate } from './readable-template.ts';

const querySchema = z.strictObject({
  Name: z.string(),
  QueryString: z.string().max(10_000),
  LogGroupNames: z.array(z.string()).min(1),
});

function readQueries(template: ReadableTemplate): z.output<typeof querySchema>[] {
  return Object.values(template.findByType('AWS::Logs::QueryDefinition')).map(({ Properties }) =>
    querySchema.parse(Properties),
  );
}

const NAMES = [
  'Answers of the API',
  'Chunks that were not finished',
  'Error by its id',
  'Errors of the functions',
  'Failures by reason',
  'Jobs that needed help',
  'Keys used twice',
  'Slow routes',
  'Slowest jobs',
  'Story of a job',
  'Story of a trace',
  'Who is refused',
  'Who replays',
  'Why requests are refused',
  'Why tokens are refused',
];

/** The words of the query language, which are not fields. */
const LANGUAGE = new Set(
  'and as asc by count count_distinct desc fields filter in latest like limit max or pct sort stats sum'.split(
    ' ',
  ),
);

const logs = readFileSync(join(import.meta.dirname, '../../docs/logs.md'), 'utf8');

/** The fields that docs/logs.md lists for single events and for every line. */
const DOCUMENTED = new Set(
  [
    ...[...logs.matchAll(/^\| `[a-z.-]+` +\| \w+ +\| ([^|]+) \|/gm)].map(([, fields = '']) => fields),
    /<!-- fields:start -->[^]*<!-- fields:end -->/.exec(logs)?.[0] ?? '',
  ].flatMap((text) => [...text.matchAll(/`(\w+)`/g)].map(([, field = '']) => field)),
);

/** Returns the fields in a query: its words except strings, patterns, aliases and words of the language. */
function listFields(query: string): string[] {
  const bare = query.replaceAll(/"[^"]*"/g, '').replaceAll(/like \/[^/]*\//g, '');
  const given = [...bare.matchAll(/ as (\w+)/g)].map(([, name = '']) => name);
  const words = bare.match(/@?[a-zA-Z_][\w.]*/g) ?? [];
  return words.filter((word) => !LANGUAGE.has(word) && !given.includes(word));
}

describe('saved queries', () => {
  const template = synthesizeTemplate();
  const queries = readQueries(template);

  test('are exactly these, in a folder with the name of the stack', () => {
    expect(queries.map(({ Name }) => Name).sort()).toEqual(NAMES.map((name) => `FieldingJobs/${name}`));
    const staged = readQueries(synthesizeTemplate({ stackName: 'Staging' }));
    expect(staged.map(({ Name }) => Name).sort()).toEqual(NAMES.map((name) => `Staging/${name}`));
  });

  test.each(queries)(
    '$Name: searches log groups of functions, or the access log alone',
    ({ LogGroupNames }) => {
      const ids = LogGroupNames.map((name) => /^\$\{(\w+)\}$/.exec(name)?.[1] ?? name);
      expect(ids.map((id) => template.resources[id]?.Type)).toEqual(ids.map(() => 'AWS::Logs::LogGroup'));
      if (ids.includes('ObservabilityAccessLogs')) expect(ids).toEqual(['ObservabilityAccessLogs']);
    },
  );

  test.each(queries)('$Name: uses only fields that its log lines have', ({ QueryString, LogGroupNames }) => {
    const { AccessLogSettings } = z
      .object({ AccessLogSettings: z.object({ Format: z.string() }) })
      .parse(template.readProperties('ApiStage'));
    const known = LogGroupNames.includes('${ObservabilityAccessLogs}')
      ? new Set(Object.keys(z.record(z.string(), z.string()).parse(JSON.parse(AccessLogSettings.Format))))
      : DOCUMENTED;
    const fields = listFields(QueryString).filter((field) => !/^@(timestamp|message|log)$/.test(field));
    expect(fields.length).toBeGreaterThan(0);
    expect(fields.filter((field) => !known.has(field.replace(/\..*$/, '')))).toEqual([]);
  });

  test.each(queries)('$Name: uses only events, errors and reasons that exist', ({ QueryString }) => {
    const events = [...QueryString.matchAll(/"([a-z-]+\.[a-z-]+)"/g)].map(([, event]) => event);
    expect(events.filter((event) => event === undefined || !Object.hasOwn(LEVELS, event))).toEqual([]);
    const kinds = [...QueryString.matchAll(/"(\w+Error)"/g)].map(([, kind]) => kind);
    expect(kinds.filter((kind) => kind === undefined || !Object.hasOwn(errors, kind))).toEqual([]);
    const reasons = [...QueryString.matchAll(/failures_by_code\.(\w+)/g)].map(([, reason]) => reason);
    if (reasons.length > 0) expect(reasons.sort()).toEqual([...METRICS.TargetGroupsFailed.by.values].sort());
  });
});
