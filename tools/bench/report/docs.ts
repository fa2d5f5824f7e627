/** Writes what was measured into docs/performance.md, between its markers, and the curves beside it. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { PROJECT } from '../../kit/project.ts';
import { computeDollarsByService, computeFloorDollars } from '../dollars.ts';
import type { Measured } from '../measure.ts';
import { PRICES_DATE } from '../prices.ts';
import { computeUsage } from '../usage.ts';
import { makeCurves } from './curves.ts';
import type { Report } from './figures.ts';
import { drawCurve } from './plot.ts';
import { listSizes } from './sizing.ts';

const DOCUMENT = join(PROJECT, 'docs', 'performance.md');

const SIZES_HEAD = [
  'Workers',
  'Memory',
  'Target groups a second',
  '10,000 ids, warm',
  '10,000 ids, cold',
  'Needs `warmWrites`',
];

export async function writeDocs(measured: Measured, report: Report): Promise<void> {
  const folder = join(PROJECT, 'docs', 'performance');
  await mkdir(folder, { recursive: true });
  for (const [name, curve] of Object.entries(makeCurves(measured))) {
    await writeFile(join(folder, `${name}.svg`), drawCurve(curve));
  }
  let text = await readFile(DOCUMENT, 'utf8');
  text = replaceBetweenMarkers(text, 'figures', formatFigures(report));
  text = replaceBetweenMarkers(text, 'dollars', formatDollars(measured));
  const { processes, parallelism } = measured;
  text = replaceBetweenMarkers(
    text,
    'sizes',
    formatTable(SIZES_HEAD, listSizes({ chunkCpuMs: processes.chunkCpuMs[200], parallelism })),
  );
  text = replaceBetweenMarkers(text, 'peers', formatPeers(report));
  text = replaceBetweenMarkers(text, 'run', describeRun(measured));
  const config = await resolveConfig(DOCUMENT);
  await writeFile(DOCUMENT, await format(text, { ...config, parser: 'markdown' }));
}

/** @throws Error when the text has no such markers */
export function replaceBetweenMarkers(text: string, name: string, content: string): string {
  const [start, end] = [`<!-- ${name}:start -->`, `<!-- ${name}:end -->`];
  const [from, to] = [text.indexOf(start), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`there are no markers ${start} and ${end}`);
  return `${text.slice(0, from + start.length)}\n\n${content}\n\n${text.slice(to)}`;
}

export function formatTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const formatRow = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [formatRow(head), formatRow(head.map(() => '---')), ...rows.map(formatRow)].join('\n');
}

function formatFigures({ figures }: Report): string {
  const rows = figures.map(({ name, value, target, met }) => [
    name,
    String(value),
    target === null ? '' : `≤ ${target}`,
    met === null ? '' : met ? 'yes' : '**no**',
  ]);
  return formatTable(['Figure', 'Value', 'Target', 'Met'], rows);
}

function formatDollars(measured: Measured): string {
  const sizes = measured.counts.filter(({ targetGroups }) => targetGroups >= 100);
  const columns = sizes.map((counts) => {
    const dollars = computeDollarsByService(computeUsage(measured, counts));
    return { dollars, floor: computeFloorDollars(counts.targetGroups) };
  });
  const services = Object.keys(columns[0]?.dollars ?? {}) as (keyof ReturnType<
    typeof computeDollarsByService
  >)[];
  return formatTable(
    ['Share of the floor', ...sizes.map(({ targetGroups }) => `${targetGroups.toLocaleString('en-US')} ids`)],
    services.map((service) => [
      service,
      ...columns.map(({ dollars, floor }) => (dollars[service] / floor).toFixed(4)),
    ]),
  );
}

function formatPeers({ peers }: Report): string {
  const formatNumber = (value: number | null) => (value === null ? '–' : String(value));
  const rows = peers.map(({ name, wall, units, dollars, dollarsPerMonth, crash, note }) => [
    name,
    formatNumber(wall),
    formatNumber(units),
    formatNumber(dollars),
    formatNumber(dollarsPerMonth),
    crash,
    note,
  ]);
  return formatTable(
    ['', 'Wall time', 'Units each', '$ per million', '$ a month besides', 'After a crash', 'Note'],
    rows,
  );
}

function describeRun({ dynamodb, seconds, speed }: Measured): string {
  return (
    `Measured on ${dynamodb} in ${Math.round(seconds)} seconds, with ${speed.rounds.length} rounds of wall times; ` +
    `prices of ${PRICES_DATE}.`
  );
}
