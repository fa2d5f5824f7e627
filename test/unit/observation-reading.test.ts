/** Tests the readers of the CloudWatch rig: metrics of log lines, fields and filters of saved queries. */
import { describe, expect, test } from '@jest/globals';
import { readDatapoints } from '../rigs/cloudwatch/read-embedded-metrics.ts';
import { listFields, readQuery } from '../rigs/cloudwatch/saved-query.ts';

const LINE = {
  _aws: {
    Timestamp: 1_750_000_000_000,
    CloudWatchMetrics: [
      {
        Namespace: 'Stack',
        Dimensions: [['service', 'race']],
        Metrics: [
          { Name: 'LostRaces', Unit: 'Count' },
          { Name: 'JobDuration', Unit: 'Milliseconds' },
        ],
      },
    ],
  },
  service: 'fielding-jobs',
  race: 'claim',
  LostRaces: 2,
  JobDuration: [5, 7],
};

describe('metrics of a line', () => {
  test('are one datapoint for each value', () => {
    const dimensions = { service: 'fielding-jobs', race: 'claim' };
    const common = { namespace: 'Stack', dimensions, at: 1_750_000_000_000 };
    expect(readDatapoints(JSON.stringify(LINE))).toEqual([
      { ...common, name: 'LostRaces', unit: 'Count', value: 2 },
      { ...common, name: 'JobDuration', unit: 'Milliseconds', value: 5 },
      { ...common, name: 'JobDuration', unit: 'Milliseconds', value: 7 },
    ]);
  });

  test.each(['no JSON', '{"message":"job.created"}', '{"cut', '[]'])('are none in the line %s', (line) => {
    expect(readDatapoints(line)).toEqual([]);
  });

  test('in a line that is cut, or has something before it, are refused', () => {
    const line = JSON.stringify(LINE);
    for (const bad of [line.slice(0, -1), `INFO ${line}`]) {
      expect(() => readDatapoints(bad)).toThrow(/not one JSON object/);
    }
  });

  const [directive] = LINE._aws.CloudWatchMetrics;
  const withDirective = (changes: object) => ({
    ...LINE,
    _aws: { ...LINE._aws, CloudWatchMetrics: [{ ...directive, ...changes }] },
  });
  test.each<[string, object]>([
    ['no time', { ...LINE, _aws: { CloudWatchMetrics: LINE._aws.CloudWatchMetrics } }],
    ['a time that is text', { ...LINE, _aws: { ...LINE._aws, Timestamp: '2026' } }],
    ['no metrics', { ...LINE, _aws: { ...LINE._aws, CloudWatchMetrics: [] } }],
    ['a metric without a value', { ...LINE, LostRaces: undefined }],
    ['a value that is text', { ...LINE, LostRaces: '2' }],
    ['no values', { ...LINE, JobDuration: [] }],
    ['101 values', { ...LINE, JobDuration: Array<number>(101).fill(1) }],
    ['a dimension without a value', { ...LINE, race: undefined }],
    ['a dimension that is a number', { ...LINE, race: 1 }],
    ['an empty dimension', { ...LINE, race: '' }],
    ['no namespace', withDirective({ Namespace: '' })],
    ['no dimensions', withDirective({ Dimensions: [] })],
    ['dimensions outside of a set', withDirective({ Dimensions: ['service'] })],
    ['an unknown unit', withDirective({ Metrics: [{ Name: 'LostRaces', Unit: 'Counts' }] })],
    ['an unknown key', withDirective({ Metric: [] })],
  ])('with %s are refused', (_, line) => {
    expect(() => readDatapoints(JSON.stringify(line))).toThrow(
      expect.objectContaining({ name: 'MalformedMetricsError' }),
    );
  });
});

describe('fields of a query', () => {
  test.each([
    ['fields @timestamp, message, error.name\n| sort @timestamp desc\n| limit 20', ['message', 'error.name']],
    ['filter message = "job_id or chunk" and failed > 0', ['message', 'failed']],
    ['filter @message like /Task timed out|exited/ or level in ["ERROR"]', ['level']],
    [
      'stats count(*) as times, latest(error.message) as last by job_id, kind\n| sort times desc',
      ['error.message', 'job_id', 'kind'],
    ],
    ['stats pct(latency, 99) as p99 by bin(5m)\n| filter p99 > 3', ['latency']],
    ['parse @message "user=*, id=*" as user, id\n| display user, id, account_id', ['account_id']],
    ['fields ms / 1000 as seconds, `trace_id`\n| sort seconds desc', ['ms', 'trace_id']],
    ['dedup job_id', ['job_id']],
  ])('are found in %s', (query, fields) => {
    expect(listFields(query)).toEqual(fields);
  });

  test('an unknown command is refused', () => {
    expect(() => listFields('fields a\n| explode b')).toThrow(/explode is not known/);
  });
});

describe('a filter', () => {
  const selects = (filter: string, line: object) =>
    readQuery({ Name: 'q', QueryString: `fields a\n| filter ${filter}`, LogGroupNames: ['g'] }).selects(
      { ...line },
      JSON.stringify(line),
    );
  test.each<[string, object, boolean]>([
    ['message = "a"', { message: 'a' }, true],
    ['message = "a"', { message: 'b' }, false],
    ['status = 401', { status: 401 }, true],
    ['status = 401', {}, false],
    ['status != 401', { status: 404 }, true],
    ['status != 401', { status: 401 }, false],
    ['message = "a" and failed > 0', { message: 'a', failed: 1 }, true],
    ['message = "a" and failed > 0', { message: 'a', failed: 0 }, false],
    ['failed < 3', { failed: 3 }, false],
    ['message in ["a.b", "c and d"]', { message: 'c and d' }, true],
    ['message in ["a.b"]', { message: 'a' }, false],
    ['level in ["ERROR"] or @message like /timed out|exited/', { text: 'it exited' }, true],
    ['level in ["ERROR"] or @message like /timed out|exited/', { level: 'INFO' }, false],
    ['a = 1 or a = 2 and b = 3', { a: 1 }, true],
    ['(a = 1 or a = 2) and b = 3', { a: 1 }, false],
    ['error.name = "E"', { error: { name: 'E' } }, true],
    ['job_id = "JOB_ID"', { job_id: 'x' }, true],
    ['job_id = "JOB_ID"', { chunk: 1 }, false],
  ])('%s matches %j: %p', (filter, line, selected) => {
    expect(selects(filter, line)).toBe(selected);
  });

  test.each(['a', 'a ~ 1', 'a = b', 'a = 1 2', 'a in "b"', '(a = 1'])('%s is refused', (filter) => {
    expect(() => selects(filter, {})).toThrow(/is not understood/);
  });
});
