/** What a production install brings: no code that runs while it installs, and licences that ask for nothing. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { productionPackages, PROJECT, readManifest } from './production-packages.ts';

const packages = productionPackages();

/** Permissive: to be named, at most. */
const LICENCES = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'ISC', 'MIT', 'MIT-0'];

test('no package runs anything when it is installed', () => {
  // Of what it could find here, so that a walk that finds nothing does not pass.
  expect(packages.map(({ manifest }) => manifest.name)).toEqual(
    expect.arrayContaining(['jose', '@aws-lambda-powertools/commons', '@smithy/core']),
  );
  const running = packages.filter(
    ({ folder, manifest: { scripts } }) =>
      ['preinstall', 'install', 'postinstall'].some((script) => script in scripts) ||
      // npm builds these without being told to.
      existsSync(join(folder, 'binding.gyp')),
  );
  expect(running.map(({ manifest }) => manifest.name)).toEqual([]);
});

test('every licence is a permissive one', () => {
  const others = packages.filter(({ manifest }) => !LICENCES.includes(manifest.license));
  expect(others.map(({ manifest }) => `${manifest.name}: ${manifest.license}`)).toEqual([]);
});

test('every version that is asked for is exact', () => {
  const { dependencies, devDependencies, optionalDependencies } = readManifest(PROJECT);
  const open = Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies }).filter(
    ([, version]) => !/^\d+\.\d+\.\d+$/.test(version),
  );
  expect(open).toEqual([]);
});
