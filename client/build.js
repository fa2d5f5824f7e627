/**
 * Makes the package that others install: one file for the command and one for the library, in JavaScript, as
 * no Node.js runs TypeScript under node_modules.
 *
 *     node client/build.js [--out FOLDER]     (default: dist)
 *
 * The folder is a package of its own, without dependencies: everything is bundled.
 */
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import esbuild from 'esbuild';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));

const { values } = parseArgs({ options: { out: { type: 'string', default: join(PROJECT, 'dist') } } });
const out = resolve(values.out);
const { name, version, license, type } = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8'));

const shared = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  // Packages that ship both: their ES module.
  mainFields: ['module', 'main'],
  logLevel: 'warning',
  define: { 'process.env.FIELDING_JOBS_VERSION': JSON.stringify(version) },
};
const command = join(out, 'cli.js');
await Promise.all([
  esbuild.build({
    ...shared,
    entryPoints: [join(PROJECT, 'client/cli/run-command.ts')],
    outfile: command,
    banner: {
      // commander is CommonJS, which asks for Node's modules by `require`.
      js: "#!/usr/bin/env node\nimport { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);",
    },
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
  // `AbortSignal.any`
  engines: { node: '>=20.3' },
  bin: { [name]: './cli.js' },
  exports: { '.': { types: './types/client/index.d.ts', default: './index.js' } },
};
writeFileSync(join(out, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
