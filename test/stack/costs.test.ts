/** Tests that the documents give the costs of an idle stack as computed from the template and the prices. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { PROJECT } from '../../tools/kit/project.ts';
import { insertBill, insertSum } from '../../tools/bench/report/costs.ts';
import { countStanding } from '../../tools/bench/standing.ts';
import { synthesizeLinked, synthesizeTemplate } from './readable-template.ts';

const template = synthesizeLinked();

test.each([
  ['docs/costs.md', insertBill],
  ['docs/performance.md', insertSum],
] as const)('%s is up to date; if not, run: npm run bench -- --costs', (document, rewrite) => {
  const text = readFileSync(join(PROJECT, document), 'utf8');
  expect(removeAlignment(rewrite(text, countStanding(template)))).toBe(removeAlignment(text));
});

test('the costs count every metric that an alarm reads, and the key of the alarm topic', () => {
  const alarms = Object.values(synthesizeTemplate().findByType('AWS::CloudWatch::Alarm'));
  const expressions = alarms.filter(({ Properties }) => Properties['Metrics'] !== undefined).length;
  expect(expressions).toBeGreaterThan(0);
  // Every expression of ours reads two metrics.
  expect(countStanding(template)).toMatchObject({ alarmMetrics: alarms.length + expressions, keys: 1 });
});

/** Removes the padding by which prettier aligns the columns of a table. */
function removeAlignment(markdown: string): string {
  return markdown.replaceAll(/ {2,}/g, ' ').replaceAll(/-{3,}/g, '---');
}
