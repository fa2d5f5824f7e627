/** Enforces import-table.ts: every file is in a row, imports only what its row lists, and is in no cycle. */
import type { IConfiguration, IRegularForbiddenRuleType } from 'dependency-cruiser';
import { IMPORT_TABLE, type Row } from './import-table.ts';

const ROWS = Object.keys(IMPORT_TABLE);

/** Patterns match paths from the root of the project. */
const PACKAGES = '^node_modules/';
const GENERATED = '^(cdk[.]out|[.]local|[.]cache|coverage|dist)/|^test/rigs/[^/]+/node_modules/';

/** Makes the pattern for the files of a row, or for the single file that a row lists. */
function makePathPattern(rowOrFile: string): string {
  if (rowOrFile === '.') return '^[^/]+[.][^/]+$';
  if (!ROWS.includes(rowOrFile)) return `^${rowOrFile.replaceAll('.', '[.]')}$`;
  const within = ROWS.filter((row) => row.startsWith(`${rowOrFile}/`));
  return `^${rowOrFile}/${within.map((row) => `(?!${row.slice(rowOrFile.length + 1)}/)`).join('')}`;
}

/** Has a package of its own, and imports the clients that it generates: both are there once it has run. */
const GENERATED_CLIENTS = '^test/rigs/generated-clients/';

const EVERY_ROW = ROWS.map(makePathPattern);

/**
 * Makes the rules that refuse every import that a row does not list: of files, packages and modules of
 * Node.js.
 */
function makeRules(name: string, { imports, types = [], packages, node }: Row): IRegularForbiddenRuleType[] {
  const ours = imports === 'everything' ? EVERY_ROW : [name, ...imports].map(makePathPattern);
  const others = packages === 'any' ? [PACKAGES] : packages.map((each) => `${PACKAGES}(@types/)?${each}/`);
  const modules = node === 'any' ? ['.'] : node.map((each) => `^${each}$`);
  const formatList = (what: readonly string[] | string) =>
    (typeof what === 'string' ? what : what.join(', ')) || 'none';
  const refuse = (to: IRegularForbiddenRuleType['to']): IRegularForbiddenRuleType => ({
    name,
    severity: 'error',
    comment:
      `import-table.ts allows: ${formatList(imports)}; types of: ${formatList(types)}; ` +
      `packages: ${formatList(packages)}; of Node.js: ${formatList(node)}`,
    from: { path: makePathPattern(name), pathNot: GENERATED_CLIENTS },
    to,
  });
  return [
    refuse({ dependencyTypesNot: ['core', 'type-only'], pathNot: [...ours, ...others] }),
    refuse({
      dependencyTypes: ['type-only'],
      dependencyTypesNot: ['core'],
      pathNot: [...ours, ...types.map(makePathPattern), ...others],
    }),
    refuse({ dependencyTypes: ['core'], pathNot: modules }),
  ];
}

const inNoRow = {
  name: 'in no row',
  severity: 'error' as const,
  comment: 'The file is in no row of import-table.ts.',
};

const config: IConfiguration = {
  forbidden: [
    ...Object.entries(IMPORT_TABLE).flatMap(([name, row]) => makeRules(name, row)),
    { ...inNoRow, from: { pathNot: [...EVERY_ROW, PACKAGES] }, to: {} },
    { ...inNoRow, from: { orphan: true, pathNot: [...EVERY_ROW, PACKAGES] }, to: {} },
    {
      name: 'cycle',
      severity: 'error',
      comment: 'No file may import itself through others, types included.',
      from: {},
      to: { circular: true },
    },
  ],
  options: {
    // Checks type-only imports, too.
    tsPreCompilationDeps: true,
    doNotFollow: { path: PACKAGES },
    exclude: { path: GENERATED },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};

export default config;
