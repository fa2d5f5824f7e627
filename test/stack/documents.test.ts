/** Tests that the documents agree with the code: lists, tables, links, and paths of files. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ACTION_CHOICE, EFFECT_WORDS, GUARD_WORDS } from '../../api/action-words.ts';
import { MAX_FAULTS, MAX_KEY_LENGTH, MAX_TARGET_GROUPS, MAX_TOKEN_LENGTH } from '../../api/limits.ts';
import { IMPORT_TABLE } from '../../import-table.ts';
import { describeConfig, readConfig } from '../../lib/config.ts';
import { computeMaxOpenTargetGroups } from '../../lib/open-work.ts';
import { ACTION_NAMES, getTransition } from '../../src/domain/actions.ts';
import { LEVELS } from '../../src/observability/events.ts';

const PROJECT = join(import.meta.dirname, '..', '..');

const read = (file: string) => readFileSync(join(PROJECT, file), 'utf8');

/** Formats a Markdown table as prettier does: every column is as wide as its widest cell. */
function formatTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) =>
    Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0), 3),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const rule = widths.map((width) => '-'.repeat(width));
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}

test('configuration.md lists every configuration key with its default, its values and its description', () => {
  const rows = describeConfig().map(({ key, fallback, expected, description }) => [
    `\`${key}\``,
    fallback === undefined ? 'none' : `\`${fallback}\``,
    expected,
    description,
  ]);
  const documented = /<!-- config:start -->\n+(.*?)\n+<!-- config:end -->/s.exec(
    read('docs/configuration.md'),
  )?.[1];
  expect(documented).toBe(formatTable(['Key', 'Default', 'Value', 'Meaning'], rows));
});

test('api.md lists the actions as the domain defines them', () => {
  const rows = ACTION_NAMES.map((name) => {
    const { from, to, guards, effects } = getTransition(name);
    const except = guards.map((guard) => GUARD_WORDS[guard]).join(', ');
    return [
      `\`${name}\``,
      from.map((status) => `\`${status}\``).join(', '),
      `\`${to}\``,
      except === '' ? 'nothing' : except,
      effects.map((effect) => EFFECT_WORDS[effect]).join(', ') || 'no',
    ];
  });
  const documented = /<!-- actions:start -->\n+(.*?)\n+<!-- actions:end -->/s.exec(read('docs/api.md'))?.[1];
  expect(documented).toBe(formatTable(['Action', 'From', 'To', 'Barred by', 'Changes the period'], rows));
});

test('api.md lists the limits of the code, and the defaults of the configuration', () => {
  const formatNumber = (value: number) => value.toLocaleString('en-US');
  const config = readConfig({});
  const { createRateLimit, createBurstLimit, readRateLimit, readBurstLimit, jobRetentionDays } = config;
  const rows = [
    ['distinct target groups per job', formatNumber(MAX_TARGET_GROUPS)],
    ['characters of `Idempotency-Key`', formatNumber(MAX_KEY_LENGTH)],
    ['characters of a token', formatNumber(MAX_TOKEN_LENGTH)],
    ['faults listed in one error', formatNumber(MAX_FAULTS)],
    [
      'creates of all clients, on each route',
      `${formatNumber(createRateLimit)} a second, bursts of ${formatNumber(createBurstLimit)}`,
    ],
    [
      'reads of all clients, on each route',
      `${formatNumber(readRateLimit)} a second, bursts of ${formatNumber(readBurstLimit)}`,
    ],
    ['open jobs of an account', formatNumber(config.maxOpenJobsPerAccount)],
    ['target groups in the open jobs of an account', formatNumber(config.maxOpenTargetGroupsPerAccount)],
    ['target groups in all open jobs', formatNumber(computeMaxOpenTargetGroups(config))],
    ['time to read a job, from its creation', `${formatNumber(jobRetentionDays)} days`],
  ];
  const documented = /<!-- limits:start -->\n+(.*?)\n+<!-- limits:end -->/s.exec(read('docs/api.md'))?.[1];
  expect(documented).toBe(formatTable(['What', 'Limit'], rows));
});

test.each(['README.md', 'docs/client.md'])('%s names all actions wherever it lists actions', (file) => {
  const prose = read(file).replaceAll(/\s+/g, ' ');
  const named = [...prose.matchAll(/\b(?:resume|pause), [a-z, ]+ or [a-z]+/g)].map(([choice]) => choice);
  expect(named).not.toEqual([]);
  expect([...new Set(named)]).toEqual([ACTION_CHOICE]);
});

test('client.md names every command', () => {
  const commands = ACTION_NAMES.map((action) => `\`${action}\``).join(', ');
  expect(read('docs/client.md')).toContain(`The commands are ${commands} and \`status\`.`);
});

test('architecture.md shows the table of imports', () => {
  const formatCell = (cell: readonly string[] | string) =>
    typeof cell === 'string' ? cell : cell.map((each) => `\`${each}\``).join(', ') || 'nothing';
  const rows = Object.entries(IMPORT_TABLE).map(([name, { imports, types = [], packages, node }]) => [
    `\`${name}\``,
    [formatCell(imports), ...types.map((each) => `types of \`${each}\``)].join(', '),
    formatCell(packages),
    formatCell(node),
  ]);
  const documented = /<!-- imports:start -->\n+(.*?)\n+<!-- imports:end -->/s.exec(
    read('docs/architecture.md'),
  )?.[1];
  expect(documented).toBe(formatTable(['Part', 'Imports', 'Packages', 'Modules of Node.js'], rows));
});

test('logs.md lists every log event with its level, and no other', () => {
  const documented = [...read('docs/logs.md').matchAll(/^\| `([a-z.-]+)` +\| (debug|info|warn|error) /gm)];
  expect(Object.fromEntries(documented.map(([, event, level]) => [event, level]))).toEqual(LEVELS);
});

test('the index of decisions lists each one with its title, status and date', () => {
  const pages = listDocuments('docs/adr').filter((page) => !page.endsWith('README.md'));
  const rows = pages.sort().map((page) => {
    const head = /^# (\d+)\. (.+)\n\nStatus: (.+?) *\nDate: (\d{4}-\d\d-\d\d)\n/.exec(read(page));
    if (head === null) throw new Error(`${page} does not begin with a number, a title, a status and a date`);
    const [, number = '', title = '', status = '', date = ''] = head;
    return [number, `[${title}](${basename(page)})`, status, date];
  });
  expect(read('docs/adr/README.md')).toContain(formatTable(['Number', 'Decision', 'Status', 'Date'], rows));
});

describe('links', () => {
  const documents = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'SECURITY.md', ...listDocuments('docs')];

  test.each(documents)('of %s lead to an existing file and heading', (document) => {
    const targets = [...read(document).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)];
    const broken = targets.filter(([, path = '', anchor]) => {
      const file = path === '' ? document : join(dirname(document), path);
      if (!existsSync(join(PROJECT, file))) return true;
      return anchor !== undefined && !listAnchors(read(file)).includes(anchor);
    });
    expect(broken.map(([link]) => link)).toEqual([]);
  });
});

test.each(['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'test/README.md', ...listDocuments('docs')])(
  '%s names only files and folders that exist',
  (document) => {
    const named = [
      ...read(document).matchAll(/`((?:bin|lib|lambdas|src|api|client|tools|test)\/[\w./-]*)`/g),
    ];
    expect(named.map(([, path = '']) => path).filter((path) => !existsSync(join(PROJECT, path)))).toEqual([]);
  },
);

/** Returns the paths of all Markdown files in a folder and its subfolders. */
function listDocuments(folder: string): string[] {
  return readdirSync(join(PROJECT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name));
}

/** Returns the anchors of a document's headings, as GitHub makes them. */
function listAnchors(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^a-z0-9 _-]/g, '')
      .replaceAll(' ', '-'),
  );
}
