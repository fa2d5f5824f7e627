/** The bundles as they are deployed: ES modules with everything inside, and a source map beside them. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { afterAll, expect, test } from '@jest/globals';
import { z } from 'zod';
import { readConfig } from '../../lib/config.ts';
import { FieldingJobsStack } from '../../lib/fielding-jobs-stack.ts';
import { FUNCTION_NAMES } from '../../lib/function-sizes.ts';

const outdir = mkdtempSync(join(tmpdir(), 'fielding-jobs-bundles-'));
afterAll(() => {
  rmSync(outdir, { recursive: true, force: true });
});

test('each function is an ES module that brings its packages, with a map that holds no sources', () => {
  const app = new App({ outdir, builtinCloudFormationValidation: false });
  new FieldingJobsStack(app, readConfig({}));
  app.synth();

  const assets = readdirSync(outdir).filter((name) => name.startsWith('asset.'));
  expect(assets).toHaveLength(FUNCTION_NAMES.length);
  for (const asset of assets) {
    const folder = join(outdir, asset);
    expect(readdirSync(folder).sort()).toEqual(['index.mjs', 'index.mjs.map']);

    const bundle = join(folder, 'index.mjs');
    execFileSync(process.execPath, ['--check', bundle], { env: { ...process.env, NODE_OPTIONS: '' } });
    const code = readFileSync(bundle, 'utf8');
    expect(code).toMatch(/export\{[^}]*\bas handler\b/);
    const imported = [...code.matchAll(/\bfrom\s?"([@\w./:-]+)"/g)].map(([, name]) => name ?? '');
    expect(imported.filter((name) => /^(@aws|@smithy|zod|jose|uuid)/.test(name))).toEqual([]);

    const map = z
      .object({ sources: z.array(z.string()), sourcesContent: z.unknown().optional() })
      .parse(JSON.parse(readFileSync(`${bundle}.map`, 'utf8')));
    expect(map.sources.some((source) => source.includes('lambdas/'))).toBe(true);
    expect(map.sourcesContent).toBeUndefined();
  }
}, 120_000);
