/**
 * Lists what each part of the code may import. `npm run lint` enforces it (dependency-cruiser.config.ts), and
 * docs/architecture.md shows it. An import that is not in its row is an error, and so is a file in no row. A
 * row lists only rows above it, so there are no cycles between rows.
 */

export interface Row {
  /** Other rows, and single files of rows that must not be imported as a whole. */
  readonly imports: readonly string[] | 'everything';
  /** The same for type-only imports, which do not exist at run time. */
  readonly types?: readonly string[];
  /** Names of packages, or a scope for all of its packages. `@types/x` counts as `x`. */
  readonly packages: readonly string[] | 'any';
  /** Modules of Node.js, without `node:`. */
  readonly node: readonly string[] | 'any';
}

/**
 * The rows by folder. A folder with its own row is not part of the row around it. `.` is the root without its
 * folders.
 */
export const IMPORT_TABLE: Readonly<Record<string, Row>> = {
  'src/domain': {
    imports: [],
    packages: [],
    // For digests.
    node: ['crypto'],
  },
  'src/ports': {
    imports: ['src/domain'],
    packages: [],
    node: [],
  },
  api: {
    imports: ['src/domain'],
    packages: ['zod'],
    node: [],
  },
  'api/openapi': {
    imports: ['src/domain', 'api'],
    packages: ['yaml', 'zod'],
    node: 'any',
  },
  'src/application': {
    imports: ['src/domain', 'src/ports'],
    packages: [],
    node: [],
  },
  'src/adapters': {
    imports: ['src/domain', 'src/ports'],
    packages: ['@aws-lambda-powertools', '@aws-sdk', 'aws-lambda', 'zod'],
    node: 'any',
  },
  'src/observability': {
    imports: ['src/domain', 'src/ports'],
    packages: ['@aws-lambda-powertools', '@aws-sdk', '@middy/core', 'aws-xray-sdk-core'],
    node: 'any',
  },
  'src/http': {
    imports: ['src/domain', 'src/ports', 'api', 'src/observability'],
    packages: ['@middy/core', 'aws-lambda', 'jose', 'uuid'],
    node: 'any',
  },
  lambdas: {
    imports: ['src/domain', 'src/ports', 'src/application', 'src/adapters', 'src/observability', 'src/http'],
    packages: ['@aws-lambda-powertools', '@middy/core', 'aws-lambda'],
    node: 'any',
  },
  lib: {
    // From src/ the stack takes only types, and the names that both sides must agree on.
    imports: [
      'src/domain',
      'api',
      'src/observability/metric-names.ts',
      'src/adapters/dynamodb/open-jobs-index.ts',
    ],
    types: ['src/observability/events.ts', 'src/adapters/lambda/read-environment.ts', 'lambdas'],
    packages: ['aws-cdk-lib', 'constructs', 'zod'],
    node: 'any',
  },
  bin: {
    imports: ['lib'],
    packages: ['aws-cdk-lib'],
    node: 'any',
  },
  '.': {
    imports: [],
    packages: 'any',
    node: 'any',
  },
  'tools/kit': {
    imports: [],
    // Few packages: the published client bundles those of the files that it uses.
    packages: ['csv-parse', 'zod'],
    node: 'any',
  },
  client: {
    // ensure-node.js is for `npx fielding-jobs` in this repository, which runs the sources.
    imports: ['src/domain', 'api', 'tools/kit', 'ensure-node.js'],
    packages: [
      'commander',
      'csv-stringify',
      'esbuild',
      'jose',
      'oauth4webapi',
      'typescript',
      'undici',
      'zod',
    ],
    node: 'any',
  },
  'tools/import': {
    imports: ['src/domain', 'api', 'tools/kit', 'src/adapters/dynamodb/target-group-item.ts'],
    packages: 'any',
    node: 'any',
  },
  'tools/local': {
    imports: [
      'src/domain',
      'api',
      'tools/kit',
      'tools/import',
      'src/adapters/dynamodb/job-item.ts',
      'src/adapters/dynamodb/target-group-item.ts',
      // To offer no token that the functions would refuse.
      'src/adapters/lambda/read-environment.ts',
      'src/http/auth.ts',
    ],
    packages: 'any',
    node: 'any',
  },
  'tools/tokens': {
    // The command judges a token by the code of the functions, with the configuration of a deployment.
    imports: ['src/domain', 'api', 'src/http', 'src/adapters/issuer/http-issuer.ts', 'lib', 'tools/kit'],
    packages: 'any',
    node: 'any',
  },
  'tools/openapi': {
    imports: ['api', 'api/openapi', 'tools/kit', 'tools/local'],
    packages: 'any',
    node: 'any',
  },
  'tools/bench': {
    imports: [
      'src/domain',
      'api',
      'src/adapters',
      'src/observability/metric-names.ts',
      'tools/kit',
      'tools/import',
      'tools/local',
    ],
    types: ['lib'],
    packages: 'any',
    node: 'any',
  },
  'tools/mutate': {
    imports: ['tools/kit'],
    packages: 'any',
    node: 'any',
  },
  test: {
    imports: 'everything',
    packages: 'any',
    node: 'any',
  },
};
