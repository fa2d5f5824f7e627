/** Tests the lint rule of imports: it reports cycles, stray files, and imports that are not in the table. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { IMPORT_TABLE } from '../../import-table.ts';
import { PROJECT } from '../../tools/kit/project.ts';

const ROWS = Object.keys(IMPORT_TABLE);

/** Returns the distinct entries of these cells in all rows. */
const listEntries = (...cells: ('imports' | 'types' | 'packages')[]) => {
  const named = Object.values(IMPORT_TABLE).flatMap((row) => cells.flatMap((cell) => row[cell] ?? []));
  return [...new Set(named)].filter((each) => each !== 'everything' && each !== 'any');
};

/** The single files that rows may import from parts that are closed to them otherwise. */
const FILES = listEntries('imports', 'types').filter((each) => !ROWS.includes(each));
const PACKAGES = [...listEntries('packages'), 'unknown-package'];
const MODULES = ['crypto', 'fs', 'timers/promises'];

/** Returns the row of a file: the innermost folder that is a row. */
const findRow = (file: string) => ROWS.findLast((row) => file.startsWith(`${row}/`)) ?? '.';

/** Returns the file that stands for a row, or the single file itself. */
const pickFile = (rowOrFile: string) => (ROWS.includes(rowOrFile) ? join(rowOrFile, 'target.ts') : rowOrFile);

/** Returns the package itself, or a package of the scope. */
const pickPackage = (name: string) => (/^@[^/]+$/.test(name) ? `${name}/some-package` : name);

/** A project in which each row imports every other row, file, package and module. */
const folder = mkdtempSync(join(tmpdir(), 'import-table-'));

/** The reported imports: importing file, imported file and rule. */
let violations: { from: string; to: string; rule: { name: string } }[];

beforeAll(() => {
  writeProject();
  violations = lint();
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

function writeProject(): void {
  for (const target of [...ROWS, ...FILES]) write(pickFile(target), 'export type Target = 1;\n');
  for (const name of PACKAGES) {
    // This package consists of types only.
    const at = name === 'aws-lambda' ? '@types/aws-lambda' : pickPackage(name);
    write(`node_modules/${at}/package.json`, '{ "version": "1.0.0", "types": "index.d.ts" }');
    write(`node_modules/${at}/index.d.ts`, 'export type Target = 1;\n');
  }
  for (const row of ROWS) {
    const names = [
      ...[...ROWS, ...FILES].map((target) => `./${relative(row, pickFile(target))}`),
      ...PACKAGES.map(pickPackage),
      ...MODULES.map((name) => `node:${name}`),
    ];
    write(join(row, 'by-value.ts'), names.map((name) => `import '${name}';\n`).join(''));
    write(join(row, 'by-type.ts'), names.map((name) => `import type {} from '${name}';\n`).join(''));
  }
  write('src/domain/egg.ts', "import type { Hen } from './hen.ts';\nexport type Egg = Hen;\n");
  write('src/domain/hen.ts', "import { type Egg } from './egg.ts';\nexport type Hen = Egg;\n");
  write('scripts/alone.ts', 'export {};\n');
  write('scripts/importing.ts', "import '../src/domain/target.ts';\n");
}

function write(file: string, text: string): void {
  mkdirSync(join(folder, dirname(file)), { recursive: true });
  writeFileSync(join(folder, file), text);
}

const resultSchema = z.object({
  summary: z.object({
    violations: z.array(z.object({ from: z.string(), to: z.string(), rule: z.object({ name: z.string() }) })),
  }),
});

function lint() {
  const command = join(PROJECT, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');
  const config = join(PROJECT, 'dependency-cruiser.config.ts');
  const args = [command, '--config', config, '--output-type', 'json', '.'];
  const { stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  if (stdout === '') throw new Error(stderr);
  return resultSchema.parse(JSON.parse(stdout)).summary.violations;
}

/** Returns the imports that a row is refused, by their names in the table. */
function listRefused(row: string, importer: 'by-value.ts' | 'by-type.ts'): string[] {
  const known = new Map([
    ...[...ROWS, ...FILES].map((target) => [pickFile(target), target] as const),
    ...PACKAGES.map((name) => [pickPackage(name), name] as const),
  ]);
  return violations
    .filter(({ from }) => from === join(row, importer))
    .map(({ to }) => to.replace(/^node_modules\/(@types\/)?(.*)\/index.d.ts$/, '$2'))
    .map((to) => known.get(to) ?? to);
}

describe('a row may import what the table says, and nothing else:', () => {
  test.each(Object.entries(IMPORT_TABLE))('%s', (name, { imports, types = [], packages, node }) => {
    const open = imports === 'everything' ? ROWS : [name, ...imports];
    const listOthers = (open: readonly string[]) => [
      ...ROWS.filter((row) => !open.includes(row)),
      ...FILES.filter((file) => !open.includes(file) && !open.includes(findRow(file))),
      ...(packages === 'any' ? [] : PACKAGES.filter((each) => !packages.includes(each))),
      ...(node === 'any' ? [] : MODULES.filter((each) => !node.includes(each))),
    ];
    expect(listRefused(name, 'by-value.ts').sort()).toEqual(listOthers(open).sort());
    expect(listRefused(name, 'by-type.ts').sort()).toEqual(listOthers([...open, ...types]).sort());
  });
});

test.each([
  ['src/domain', ['fs', 'src/ports', '@aws-sdk', 'zod']],
  ['src/ports', ['fs', 'src/application', '@aws-sdk']],
  ['src/application', ['fs', 'src/adapters', 'src/http', 'src/observability', '@aws-sdk']],
  ['src/adapters', ['src/application', 'src/http', 'lambdas']],
  ['src/observability', ['src/application', 'src/http', 'src/adapters']],
  ['src/http', ['src/application', 'src/adapters', 'lambdas']],
  ['api', ['src/http', 'lib', 'api/openapi', 'fs']],
  ['lib', ['src/application', 'src/adapters', 'lambdas']],
  ['client', ['src/http', 'src/adapters', 'tools/import', 'tools/local', '@aws-sdk']],
  ['tools/kit', ['src/domain', 'tools/import', '@aws-sdk']],
  ['tools/import', ['tools/local', 'tools/bench']],
  ['tools/local', ['tools/bench', 'src/http']],
])('%s may not import %j, whatever else the table says', (row, never) => {
  expect(listRefused(row, 'by-value.ts')).toEqual(expect.arrayContaining(never));
});

test.each(['lambdas', 'bin', 'test'])('only tests import %s', (target) => {
  const importers = ROWS.filter((row) => row !== target && !listRefused(row, 'by-value.ts').includes(target));
  expect(importers).toEqual(target === 'test' ? [] : ['test']);
});

test('a cycle is refused, even one of types', () => {
  const cycles = violations
    .filter(({ rule }) => rule.name === 'cycle')
    .map(({ from, to }) => [from, to].sort());
  expect(cycles).toEqual([['src/domain/egg.ts', 'src/domain/hen.ts']]);
});

test('a file in no row is refused, whether it imports anything or not', () => {
  const strays = violations.filter(({ rule }) => rule.name === 'in no row').map(({ from }) => from);
  expect(strays.sort()).toEqual(['scripts/alone.ts', 'scripts/importing.ts']);
});

test('a row names only rows above it, so that no two rows depend on each other', () => {
  const findHeight = (rowOrFile: string) =>
    ROWS.indexOf(ROWS.includes(rowOrFile) ? rowOrFile : findRow(rowOrFile));
  const upwards = Object.entries(IMPORT_TABLE).flatMap(([name, { imports, types = [] }]) =>
    [...(imports === 'everything' ? [] : imports), ...types].filter(
      (each) => findHeight(each) >= findHeight(name),
    ),
  );
  expect(upwards).toEqual([]);
});

test('the rows and files that the table names exist', () => {
  expect([...ROWS, ...FILES].filter((each) => !existsSync(join(PROJECT, each)))).toEqual([]);
});
