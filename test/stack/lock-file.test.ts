/** The lock file installs on every platform and from any registry: ADR 31. `npm ci` itself holds it to package.json. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { PROJECT } from './production-packages.ts';

/** One name or a list of them. */
const names = z.union([z.string().transform((name) => [name]), z.array(z.string())]).default([]);

const lockSchema = z.object({
  packages: z.record(
    z.string(),
    z.object({
      version: z.string(),
      resolved: z.string().optional(),
      integrity: z.string().optional(),
      // It comes inside of another package, and so does its digest.
      inBundle: z.boolean().default(false),
      os: names,
      cpu: names,
      optionalDependencies: z.record(z.string(), z.string()).default({}),
    }),
  ),
});

const { packages } = lockSchema.parse(JSON.parse(readFileSync(join(PROJECT, 'package-lock.json'), 'utf8')));

test('it has a digest of every package, and no address of one', () => {
  const others = Object.entries(packages).filter(([path, { inBundle }]) => path !== '' && !inBundle);
  expect(others.length).toBeGreaterThan(100);
  const wrong = others.filter(
    ([, { resolved, integrity }]) => resolved !== undefined || !integrity?.startsWith('sha512-'),
  );
  expect(wrong).toEqual([]);
});

test.each(['linux', 'darwin', 'win32'].flatMap((os) => ['x64', 'arm64'].map((cpu) => ({ os, cpu }))))(
  'it has Node.js and esbuild for $os on $cpu',
  ({ os, cpu }) => {
    // Of the project itself, only Node.js is an optional dependency: a package for each platform.
    for (const owner of ['', 'node_modules/esbuild']) {
      const fitting = Object.entries(packages[owner]?.optionalDependencies ?? {}).filter(
        ([name, version]) => {
          const found = packages[`node_modules/${name}`];
          return found?.os.includes(os) && found.cpu.includes(cpu) && found.version === version;
        },
      );
      expect(fitting).toHaveLength(1);
    }
  },
);
