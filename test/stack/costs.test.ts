/** The documents say what the stack costs while nothing runs, as the template and the price list have it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { Template } from 'aws-cdk-lib/assertions';
import { PROJECT } from '../../tools/kit/project.ts';
import { withBill, withSum } from '../../tools/bench/report/costs.ts';
import { standingOf } from '../../tools/bench/standing.ts';
import { readTemplate } from '../../tools/local/template/template.ts';
import { templateOf, stackOf } from './template.ts';

const template = readTemplate('FieldingJobs', Template.fromStack(stackOf()).toJSON());

test.each([
  ['docs/costs.md', withBill],
  ['docs/performance.md', withSum],
] as const)('%s is up to date; if not: npm run bench -- --costs', (document, rewrite) => {
  const text = readFileSync(join(PROJECT, document), 'utf8');
  expect(unaligned(rewrite(text, standingOf(template)))).toBe(unaligned(text));
});

test('an alarm is billed by the metrics that it reads, and the key of the alarm topic by the month', () => {
  const alarms = Object.values(templateOf().ofType('AWS::CloudWatch::Alarm'));
  const expressions = alarms.filter(({ Properties }) => Properties['Metrics'] !== undefined).length;
  expect(expressions).toBeGreaterThan(0);
  // Every expression of ours reads two metrics.
  expect(standingOf(template)).toMatchObject({ alarmMetrics: alarms.length + expressions, keys: 1 });
});

/** Without what prettier adds to align the columns of a table. */
function unaligned(markdown: string): string {
  return markdown.replaceAll(/ {2,}/g, ' ').replaceAll(/-{3,}/g, '---');
}
