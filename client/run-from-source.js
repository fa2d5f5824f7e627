#!/usr/bin/env node
/** Runs the sources for `npx fielding-jobs` in this repository. client/build.js makes the npm package. */
import { readFileSync } from 'node:fs';
import '../ensure-node.js';

if (import.meta.dirname?.includes('node_modules')) {
  console.error(
    'This is the repository, not the client: install the package that `npm run package` makes there.',
  );
  process.exit(1);
}
const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
process.env['FIELDING_JOBS_VERSION'] = manifest.version;
await import('./cli/run-command.ts');
