#!/usr/bin/env node
/** What `npx fielding-jobs` runs in this repository: the sources. What is installed elsewhere client/build.js makes. */
import '../check-node.cjs';

const { default: manifest } = await import('../package.json', { with: { type: 'json' } });
process.env['FIELDING_JOBS_VERSION'] = manifest.version;
await import('./cli/run-command.ts');
