/** Tests that the lock file works on every platform and with any registry (ADR 31). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { PROJECT } from './production-packages.ts';

/** One name, or a list of names. */
const names = z.union([z.string().transform((name) => [name]), z.array(z.string())]).default([]);

const lockSchema = z.object({
  packages: z.record(
    z.string(),
    z.object({
      version: z.string(),
      resolved: z.string().optional(),
      integrity: z.string().optional(),
      // Such a package is inside the archive of another one, whose digest covers it.
      inBundle: z.boolean().default(false),
      os: names,
      cpu: names,
      optionalDependencies: z.record(z.string(), z.string()).default({}),
    }),
  ),
});

const { packages } = lockSchema.parse(JSON.parse(readFileSync(join(PROJECT, 'package-lock.json'), 'utf8')));

test('the lock file has the digest of every package and the address of none', () => {
  const others = Object.entries(packages).filter(([path, { inBundle }]) => path !== '' && !inBundle);
  expect(others.length).toBeGreaterThan(100);
  const wrong = others.filter(
    ([, { resolved, integrity }]) => resolved !== undefined || !integrity?.startsWith('sha512-'),
  );
  expect(wrong).toEqual([]);
});

test.each(['linux', 'darwin', 'win32'].flatMap((os) => ['x64', 'arm64'].map((cpu) => ({ os, cpu }))))(
  'the lock file has Node.js and esbuild for $os on $cpu',
  ({ os, cpu }) => {
    // The only optional dependency of the project is Node.js, as one package for each platform.
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
