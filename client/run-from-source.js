#!/usr/bin/env node
/** What `npx fielding-jobs` runs in this repository: the sources. What is installed elsewhere client/build.js makes. */
import { readFileSync } from 'node:fs';
import '../ensure-node.js';

const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
process.env['FIELDING_JOBS_VERSION'] = manifest.version;
await import('./cli/run-command.ts');
