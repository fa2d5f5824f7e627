/** Tests the packages of a production install: no install scripts, permissive licences, exact versions. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { listProductionPackages, PROJECT, readManifest } from './production-packages.ts';

const packages = listProductionPackages();

/** The permissive licences, which ask for attribution at most. */
const LICENCES = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'ISC', 'MIT', 'MIT-0'];

test('no package runs code when it is installed', () => {
  // These must be in the list, so that the test does not pass with an empty one.
  expect(packages.map(({ manifest }) => manifest.name)).toEqual(
    expect.arrayContaining(['jose', '@aws-lambda-powertools/commons', '@smithy/core']),
  );
  const running = packages.filter(
    ({ folder, manifest: { scripts } }) =>
      ['preinstall', 'install', 'postinstall'].some((script) => script in scripts) ||
      // npm builds a package with this file even if it has no script.
      existsSync(join(folder, 'binding.gyp')),
  );
  expect(running.map(({ manifest }) => manifest.name)).toEqual([]);
});

test('every package has a permissive licence', () => {
  const others = packages.filter(({ manifest }) => !LICENCES.includes(manifest.license));
  expect(others.map(({ manifest }) => `${manifest.name}: ${manifest.license}`)).toEqual([]);
});

test('package.json names exact versions only', () => {
  const { dependencies, devDependencies, optionalDependencies } = readManifest(PROJECT);
  const open = Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies }).filter(
    ([, version]) => !/^\d+\.\d+\.\d+$/.test(version),
  );
  expect(open).toEqual([]);
});
