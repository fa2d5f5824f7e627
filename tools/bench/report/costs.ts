/**
 * Writes the bill of a month without jobs into the documents: the whole of it, and the sum beside the
 * measured figures.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { PROJECT } from '../../kit/project.ts';
import { readAssembly } from '../../local/read-assembly.ts';
import { synthesize } from '../../local/synth.ts';
import type { Template } from '../../local/template/template.ts';
import { listSettingCosts } from '../setting-costs.ts';
import {
  METRICS_BY_TRAFFIC,
  type Standing,
  type StandingCost,
  listStandingCosts,
  computeStandingDollars,
  countStanding,
} from '../standing.ts';
import { replaceBetweenMarkers, formatTable } from './docs.ts';
import { roundFigure } from './figures.ts';

/** The documents that it writes into, and how. */
const DOCUMENTS: Readonly<Record<string, (text: string, standing: Standing, template: Template) => string>> =
  {
    'docs/costs.md': (text, standing, template) => insertSettings(insertBill(text, standing), template),
    'docs/performance.md': insertSum,
  };

/**
 * Synthesizes the stack as `cdk deploy` would without options, bundles left out, and writes what it costs.
 */
export async function writeCosts(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'costs-'));
  try {
    await synthesize(folder, { 'aws:cdk:bundling-stacks': [] });
    const { template } = await readAssembly(folder);
    const standing = countStanding(template);
    for (const [document, rewrite] of Object.entries(DOCUMENTS)) {
      const path = join(PROJECT, document);
      const text = rewrite(await readFile(path, 'utf8'), standing, template);
      await writeFile(path, await format(text, { ...(await resolveConfig(path)), parser: 'markdown' }));
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** docs/costs.md with the bill between its markers. */
export function insertBill(text: string, standing: Standing): string {
  const formatRow = ({ what, count, each }: StandingCost) => [
    what,
    count.toLocaleString('en-US'),
    each < 0.01 ? `$${(each * 1_000_000).toFixed(2)} a million` : `$${each.toFixed(2)}`,
    `$${(count * each).toFixed(2)}`,
  ];
  const sum = ['**while nothing runs**', '', '', `**$${computeStandingDollars(standing).toFixed(2)}**`];
  const rows = [...listStandingCosts(standing).map(formatRow), sum, formatRow(METRICS_BY_TRAFFIC)];
  return replaceBetweenMarkers(text, 'standing', formatTable(['What', 'How many', 'Price', 'A month'], rows));
}

/** docs/costs.md with what settings add, between its markers. */
export function insertSettings(text: string, template: Template): string {
  const rows = listSettingCosts(template).map(({ setting, what, count, each }) => [
    `\`${setting}\``,
    what,
    count.toLocaleString('en-US'),
    each < 0.001 ? `$${(each * 1_000_000).toFixed(2)} a million` : `$${each.toFixed(each < 0.1 ? 3 : 2)}`,
    formatDollars(count * each),
  ]);
  const head = ['Setting', 'What', 'How many', 'Price', 'A month'];
  return replaceBetweenMarkers(text, 'settings', formatTable(head, rows));
}

function formatDollars(dollars: number): string {
  return `${dollars < 0 ? '-' : ''}$${Math.abs(dollars).toFixed(2)}`;
}

/** docs/performance.md with the sum in its two tables. */
export function insertSum(text: string, standing: Standing): string {
  const sum = roundFigure(computeStandingDollars(standing));
  return text
    .replace(/^(\| dollars a month while nothing runs +\|)[^|]*/m, `$1 ${sum} `)
    .replace(/^(\| fielding-jobs +\|(?:[^|]*\|){3})[^|]*/m, `$1 ${sum} `);
}
