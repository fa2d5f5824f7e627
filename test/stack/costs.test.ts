/** Tests that the documents give the costs of an idle stack as computed from the template and the prices. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { PROJECT } from '../../tools/kit/project.ts';
import { insertBill, insertSettings, insertSum } from '../../tools/bench/report/costs.ts';
import { listSettingCosts } from '../../tools/bench/setting-costs.ts';
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

test('docs/costs.md says what settings add; if it is out of date, run: npm run bench -- --costs', () => {
  const text = readFileSync(join(PROJECT, 'docs/costs.md'), 'utf8');
  expect(removeAlignment(insertSettings(text, template))).toBe(removeAlignment(text));
});

// Two queues with two senders and one receiver each: 8,760 periods of 5 minutes x 2 x (2 x 2 + 1).
test('the requests of the queues to KMS are counted by who may send and receive', () => {
  expect(listSettingCosts(template).map(({ count }) => count)).toContain(87_600);
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
