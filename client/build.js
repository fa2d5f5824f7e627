/**
 * Builds the npm package of the client: one file for the command and one for the library. Both are in
 * JavaScript, because no Node.js runs TypeScript under node_modules.
 *
 *     node client/build.js [--out FOLDER]     (default: dist)
 *
 * The folder is a complete package without dependencies, because everything is bundled.
 */
import { chmodSync, copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import esbuild from 'esbuild';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));

const { values } = parseArgs({ options: { out: { type: 'string', default: join(PROJECT, 'dist') } } });
const out = resolve(values.out);
const { name, version, license, type } = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8'));

/** commander and undici are CommonJS and load modules of Node.js by `require`; ES modules have none. */
const IMPORT_REQUIRE =
  "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);";

const shared = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  // Prefers a package's ES module to its CommonJS module.
  mainFields: ['module', 'main'],
  logLevel: 'warning',
  banner: { js: IMPORT_REQUIRE },
  define: { 'process.env.FIELDING_JOBS_VERSION': JSON.stringify(version) },
};
const command = join(out, 'cli.js');
await Promise.all([
  esbuild.build({
    ...shared,
    entryPoints: [join(PROJECT, 'client/cli/run-command.ts')],
    outfile: command,
    banner: { js: `#!/usr/bin/env node\n${IMPORT_REQUIRE}` },
  }),
  esbuild.build({
    ...shared,
    entryPoints: [join(PROJECT, 'client/index.ts')],
    outfile: join(out, 'index.js'),
  }),
]);
chmodSync(command, 0o755);
const manifest = {
  name,
  version,
  description: 'Bulk fielding-run jobs from the command line and from JavaScript.',
  license,
  type,
  // undici, which goes through proxies, needs 20.18.1; the rest needs 20.3 (`AbortSignal.any`).
  engines: { node: '>=20.18.1' },
  bin: { [name]: './cli.js' },
  exports: { '.': { types: './types/client/index.d.ts', default: './index.js' } },
};
writeFileSync(join(out, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
copyFileSync(join(PROJECT, 'LICENSE'), join(out, 'LICENSE'));
copyFileSync(join(PROJECT, 'client/README.md'), join(out, 'README.md'));
