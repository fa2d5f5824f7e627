/** Lists the packages of a production install: direct and indirect dependencies, as they are on disk. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';

export const PROJECT = join(import.meta.dirname, '..', '..');

const versions = z.record(z.string(), z.string()).default({});

const manifestSchema = z.object({
  name: z.string(),
  version: z.string(),
  license: z.string().default('none'),
  scripts: versions,
  dependencies: versions,
  optionalDependencies: versions,
  devDependencies: versions,
});

export interface Package {
  readonly folder: string;
  readonly manifest: z.output<typeof manifestSchema>;
}

/**
 * Returns every package, each folder once.
 * @throws Error if a required package is not installed
 */
export function listProductionPackages(): Package[] {
  const found = new Map<string, Package>();
  const visit = (folder: string): void => {
    const { dependencies, optionalDependencies } = readManifest(folder);
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      const at = findPackageFolder(name, folder);
      if (at === undefined && !(name in optionalDependencies)) {
        throw new Error(`${name}, which ${folder} needs, is not installed`);
      }
      if (at === undefined || found.has(at)) continue;
      found.set(at, { folder: at, manifest: readManifest(at) });
      visit(at);
    }
  };
  visit(PROJECT);
  return [...found.values()];
}

export function readManifest(folder: string): Package['manifest'] {
  return manifestSchema.parse(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')));
}

/** Returns the folder of a package as Node.js finds it: in node_modules of `from` or of a folder above. */
function findPackageFolder(name: string, from: string): string | undefined {
  const folder = join(from, 'node_modules', name);
  if (existsSync(join(folder, 'package.json'))) return folder;
  return from === PROJECT ? undefined : findPackageFolder(name, dirname(from));
}
