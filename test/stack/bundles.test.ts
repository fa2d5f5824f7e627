/** Tests the deployed bundles: their format, exactly these packages, their sizes and their source maps. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { readConfig } from '../../lib/config.ts';
import { FUNCTION_NAMES, type FunctionName } from '../../lib/functions/make-functions.ts';
import { makeStacks } from '../../lib/make-stacks.ts';
import { LAMBDA_TRACE } from '../support/lambda-environment.ts';
import { listProductionPackages, PROJECT } from './production-packages.ts';
import { makeApp } from './readable-template.ts';

/**
 * The packages in each bundle. A changed row changes the code that runs in production; a new version of an
 * indirect dependency can cause it.
 */
const PACKAGES = `
package                                 create-job  get-job  get-fielding-runs  not-found  worker  reconcile
@aws-lambda-powertools/batch            ·           ·        ·                  ·          x       ·
@aws-lambda-powertools/commons          x           x        x                  x          x       x
@aws-lambda-powertools/idempotency      x           ·        ·                  ·          ·       ·
@aws-lambda-powertools/jmespath         x           ·        ·                  ·          ·       ·
@aws-lambda-powertools/logger           x           x        x                  x          x       x
@aws-lambda-powertools/tracer           x           x        x                  x          x       x
@aws-sdk/client-dynamodb                x           x        x                  ·          x       x
@aws-sdk/client-sqs                     x           ·        ·                  ·          x       x
@aws-sdk/core                           x           x        x                  ·          x       x
@aws-sdk/credential-provider-env        x           x        x                  ·          x       x
@aws-sdk/dynamodb-codec                 x           x        x                  ·          x       x
@aws-sdk/endpoint-cache                 x           x        x                  ·          x       x
@aws-sdk/middleware-endpoint-discovery  x           x        x                  ·          x       x
@aws-sdk/middleware-sdk-sqs             x           ·        ·                  ·          x       x
@aws-sdk/util-dynamodb                  x           x        x                  ·          x       x
@aws/lambda-invoke-store                x           x        x                  x          x       x
@middy/core                             x           x        x                  x          x       x
@smithy/core                            x           x        x                  ·          x       x
@smithy/node-http-handler               x           x        x                  ·          x       x
@smithy/service-error-classification    x           x        x                  x          x       x
@smithy/signature-v4                    x           x        x                  ·          x       x
@smithy/types                           x           x        x                  ·          x       x
atomic-batcher                          x           x        x                  x          x       x
aws-xray-sdk-core                       x           x        x                  x          x       x
cls-hooked                              x           x        x                  x          x       x
emitter-listener                        x           x        x                  x          x       x
jose                                    x           x        x                  ·          ·       ·
mnemonist                               x           x        x                  ·          x       x
obliterator                             x           x        x                  ·          x       x
shimmer                                 x           x        x                  x          x       x
uuid                                    x           x        x                  ·          ·       ·
zod                                     x           x        x                  ·          x       x
`;

/**
 * The largest size of each minified bundle in kB, with the Tracer beside it: 101 kB, which only an invocation
 * that is recorded reads (ADR 33). The figures of create-job, worker and get-job are promised in
 * docs/performance.md.
 */
const SIZES: Record<FunctionName, number> = {
  'create-job': 520,
  worker: 450,
  'get-job': 440,
  'get-fielding-runs': 440,
  reconcile: 450,
  'not-found': 150,
};

/** The files of a bundle. A cold start reads the first one. */
const FILES = ['index.mjs', 'tracer.mjs'] as const;

/** The source files that a bundle may contain. Of api/ only constants may, as its schemas need all of zod. */
const MEANT_FOR_BUNDLES =
  /^(src|lambdas)\/|^api\/(error-objects|header-names|limits|paths|routes|scopes)\.ts$/;

interface Bundle {
  readonly folder: string;
  /** The code of each of `FILES`. */
  readonly code: readonly [index: string, tracer: string];
  /** The source files in the bundle, with paths relative to the project. */
  readonly sources: readonly string[];
}

const mapSchema = z.object({ sources: z.array(z.string()), sourcesContent: z.unknown().optional() });

const bundles = new Map<FunctionName, Bundle>();

beforeAll(() => {
  const app = makeApp({});
  makeStacks(app, readConfig({}));
  const outdir = app.synth().directory;
  for (const asset of readdirSync(outdir).filter((name) => name.startsWith('asset.'))) {
    const folder = join(outdir, asset);
    const sources = FILES.flatMap((file) => {
      const map = mapSchema.parse(JSON.parse(readFileSync(join(folder, `${file}.map`), 'utf8')));
      expect(map.sourcesContent).toBeUndefined();
      return map.sources.map((source) => relative(PROJECT, resolve(folder, source)));
    });
    const name = FUNCTION_NAMES.find((each) => sources.includes(`lambdas/${each}.ts`));
    if (name === undefined) throw new Error(`${asset} belongs to no function`);
    const [index, tracer] = FILES.map((file) => readFileSync(join(folder, file), 'utf8'));
    bundles.set(name, { folder, code: [index ?? '', tracer ?? ''], sources });
  }
});

test('each function is two ES modules that contain their packages, each with a source map beside it', () => {
  expect([...bundles.keys()].sort()).toEqual([...FUNCTION_NAMES].sort());
  for (const { folder, code } of bundles.values()) {
    expect(readdirSync(folder).sort()).toEqual(FILES.flatMap((file) => [file, `${file}.map`]));
    for (const file of FILES) {
      execFileSync(process.execPath, ['--check', join(folder, file)], {
        env: { ...process.env, NODE_OPTIONS: '' },
      });
    }
    expect(code[0]).toMatch(/export\{[^}]*\bas handler\b/);
    const imported = [...code.join('\n').matchAll(/\bfrom\s?"([@\w./:-]+)"/g)].map(([, name]) => name ?? '');
    expect(imported.filter((name) => /^(@aws|@smithy|zod|jose|uuid)/.test(name))).toEqual([]);
  }
});

test('each bundle has exactly these packages', () => {
  const found = new Map([...bundles].map(([name, { sources }]) => [name, listPackages(sources)]));
  expect(formatTable(found)).toBe(PACKAGES.trim());
});

/**
 * Runs a function once as Lambda does, and prints whether the Tracer was loaded, and how many hooks follow
 * every promise from then on.
 */
const INVOKE = `
  const asyncHooks = process.getBuiltinModule('async_hooks');
  const { createHook } = asyncHooks;
  let hooks = 0;
  asyncHooks.createHook = (callbacks) => {
    hooks += 1;
    return createHook(callbacks);
  };
  const { handler } = await import(process.argv[1]);
  const atStart = process.namespaces !== undefined;
  const event = { routeKey: '$default', headers: {}, isBase64Encoded: false };
  const context = { getRemainingTimeInMillis: () => 5_000, awsRequestId: 'r' };
  const { statusCode } = await handler(event, context);
  process.stderr.write(JSON.stringify({ atStart, loaded: process.namespaces !== undefined, hooks, statusCode }));
  process.exit();
`;

test.each([
  { variables: { _X_AMZN_TRACE_ID: `${LAMBDA_TRACE};Sampled=1` }, loaded: true },
  { variables: { _X_AMZN_TRACE_ID: `${LAMBDA_TRACE};Sampled=0` }, loaded: false },
  { variables: {}, loaded: false },
  {
    variables: { _X_AMZN_TRACE_ID: `${LAMBDA_TRACE};Sampled=1`, POWERTOOLS_TRACE_ENABLED: 'false' },
    loaded: false,
  },
])('a bundle loads the Tracer with $variables: $loaded', ({ variables, loaded }) => {
  const url = pathToFileURL(join(bundles.get('not-found')?.folder ?? '', 'index.mjs')).href;
  const { stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', INVOKE, url], {
    encoding: 'utf8',
    env: {
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
      // Nobody listens there.
      AWS_XRAY_DAEMON_ADDRESS: '127.0.0.1:9',
      LAMBDA_TASK_ROOT: '/var/task',
      POWERTOOLS_LOG_LEVEL: 'SILENT',
      _HANDLER: 'index.handler',
      ...variables,
    },
  });
  expect(JSON.parse(stderr)).toEqual({ atStart: false, loaded, hooks: 0, statusCode: 404 });
});

test('no function imports node:http, which would load all of fetch at its start', () => {
  for (const { code } of bundles.values()) {
    const imported = [...code[0].matchAll(/\bfrom\s?"node:([\w/]+)"/g)].map(([, name]) => name);
    expect(imported).toContain('crypto');
    expect(imported).not.toContain('http');
  }
});

test('nothing of the Tracer is in the file that a cold start reads', () => {
  for (const { folder, code } of bundles.values()) {
    expect(code[1]).toContain('AWS_XRAY_DAEMON_ADDRESS');
    const map = readFileSync(join(folder, 'index.mjs.map'), 'utf8');
    expect(map).not.toMatch(/aws-xray-sdk-core|powertools\/tracer/);
  }
});

test.each(FUNCTION_NAMES)('the bundle of %s is within its size limit', (name) => {
  const files = bundles.get(name)?.code.map((code) => Buffer.byteLength(code)) ?? [];
  for (const bytes of files) expect(bytes).toBeGreaterThan(0);
  expect(files.reduce((sum, bytes) => sum + bytes, 0) / 1_000).toBeLessThanOrEqual(SIZES[name]);
});

test('no bundle contains a development dependency or source files that are not meant for bundles', () => {
  const production = new Set(listProductionPackages().map(({ manifest }) => manifest.name));
  for (const { sources } of bundles.values()) {
    expect([...listPackages(sources)].filter((name) => !production.has(name))).toEqual([]);
    const own = sources.filter((source) => !source.includes('node_modules/'));
    expect(own.filter((source) => !MEANT_FOR_BUNDLES.test(source))).toEqual([]);
    expect(own.filter((source) => source.startsWith('lambdas/'))).toHaveLength(1);
  }
});

/** Returns the names of the packages that the files belong to. */
function listPackages(sources: readonly string[]): Set<string> {
  const names = sources.map((source) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1]);
  return new Set(names.filter((name) => name !== undefined));
}

/** Formats a table with a line for each package and a column for each function. */
function formatTable(found: ReadonlyMap<FunctionName, ReadonlySet<string>>): string {
  const packages = [...new Set([...found.values()].flatMap((names) => [...names]))].sort();
  const width = Math.max(...packages.map((name) => name.length));
  const line = (first: string, cell: (name: FunctionName) => string) =>
    [first.padEnd(width), ...FUNCTION_NAMES.map((name) => cell(name).padEnd(name.length))]
      .join('  ')
      .trimEnd();
  return [
    line('package', (name) => name),
    ...packages.map((each) => line(each, (name) => (found.get(name)?.has(each) === true ? 'x' : '·'))),
  ].join('\n');
}
