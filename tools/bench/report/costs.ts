/** Writes the bill of a month without jobs into the documents: the whole of it, and the sum beside the measured figures. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { PROJECT } from '../../kit/project.ts';
import { readAssembly } from '../../local/assembly.ts';
import { synthesize } from '../../local/synth.ts';
import {
  METRICS_BY_TRAFFIC,
  type Standing,
  type StandingCost,
  standingCosts,
  standingDollars,
  standingOf,
} from '../standing.ts';
import { between, table } from './docs.ts';
import { rounded } from './figures.ts';

/** The documents that it writes into, and how. */
const DOCUMENTS: Readonly<Record<string, (text: string, standing: Standing) => string>> = {
  'docs/costs.md': withBill,
  'docs/performance.md': withSum,
};

/** Synthesizes the stack as `cdk deploy` would without options, bundles left out, and writes what it costs. */
export async function writeCosts(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'costs-'));
  try {
    await synthesize(folder, { 'aws:cdk:bundling-stacks': [] });
    const standing = standingOf((await readAssembly(folder)).template);
    for (const [document, rewrite] of Object.entries(DOCUMENTS)) {
      const path = join(PROJECT, document);
      const text = rewrite(await readFile(path, 'utf8'), standing);
      await writeFile(path, await format(text, { ...(await resolveConfig(path)), parser: 'markdown' }));
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** docs/costs.md with the bill between its markers. */
export function withBill(text: string, standing: Standing): string {
  const row = ({ what, count, each }: StandingCost) => [
    what,
    count.toLocaleString('en-US'),
    each < 0.01 ? `$${(each * 1_000_000).toFixed(2)} a million` : `$${each.toFixed(2)}`,
    `$${(count * each).toFixed(2)}`,
  ];
  const sum = ['**while nothing runs**', '', '', `**$${standingDollars(standing).toFixed(2)}**`];
  const rows = [...standingCosts(standing).map(row), sum, row(METRICS_BY_TRAFFIC)];
  return between(text, 'standing', table(['What', 'How many', 'Price', 'A month'], rows));
}

/** docs/performance.md with the sum in its two tables. */
export function withSum(text: string, standing: Standing): string {
  const sum = rounded(standingDollars(standing));
  return text
    .replace(/^(\| dollars a month while nothing runs +\|)[^|]*/m, `$1 ${sum} `)
    .replace(/^(\| fielding-jobs +\|(?:[^|]*\|){3})[^|]*/m, `$1 ${sum} `);
}
