/** Bundles a function of the bench with the same options as the stack's functions. */
import { join } from 'node:path';
import { build } from 'esbuild';
import { PROJECT } from '../../kit/project.ts';

/**
 * @param entry path of the entry file, relative to `tools/bench`
 * @returns the folder that contains the bundle `index.mjs`
 */
export async function bundleFunction(entry: string): Promise<string> {
  const folder = join(PROJECT, '.local', 'bench', entry.replaceAll(/\W/g, '-'));
  await build({
    entryPoints: [join(PROJECT, 'tools/bench', entry)],
    outfile: join(folder, 'index.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    mainFields: ['module', 'main'],
    target: 'node24',
    minify: true,
    sourcemap: true,
    sourcesContent: false,
    logLevel: 'warning',
  });
  return folder;
}
