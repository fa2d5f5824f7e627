/**
 * `npm run templates`: synthesizes every variant with the CDK's own validator, which has the patterns,
 * lengths and bounds of AWS's schemas. `npm run synth` checks the defaults only.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getErrorMessage } from '../../../tools/kit/tool-errors.ts';
import { synthesizeTemplates } from './deployed-templates.ts';
import { VARIANTS } from './variants.ts';

const folder = mkdtempSync(join(tmpdir(), 'templates-'));
try {
  for (const [name, variant] of Object.entries(VARIANTS)) {
    try {
      const templates = synthesizeTemplates({ folder, ...variant, validate: true });
      console.log(`${name}: ${templates.length} templates`);
    } catch (error) {
      console.error(`${name}: ${getErrorMessage(error)}`);
      process.exitCode = 1;
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}
