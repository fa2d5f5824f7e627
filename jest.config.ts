/**
 * Configures Jest, which runs the sources as ES modules, as Node.js and Lambda do; `npm run typecheck` checks
 * the types. The end-to-end suites share one local stack, which is started when one of them runs.
 */
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from 'jest';

// The programs that suites start, some 300, then start in half the time: Node.js keeps what it has compiled.
process.env['NODE_COMPILE_CACHE'] ??= join(import.meta.dirname, '.cache', 'node');

// What the suites of this run share. What an earlier run has left may be outdated.
const RUNS = join(import.meta.dirname, '.cache', 'runs');
rmSync(RUNS, { recursive: true, force: true });
process.env['RUN_FOLDER'] = join(RUNS, randomUUID());

export const common: Config = {
  // Not in the temporary directory, where nobody would remove it.
  cacheDirectory: '<rootDir>/.cache/jest',
  setupFilesAfterEnv: ['<rootDir>/test/support/set-up-suite.ts'],
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': '<rootDir>/strip-types.ts' },
  modulePathIgnorePatterns: ['<rootDir>/cdk.out', '<rootDir>/.local', '<rootDir>/.cache', '<rootDir>/dist'],
};

export const endToEnd = {
  ...common,
  displayName: 'e2e',
  testMatch: ['<rootDir>/test/e2e/**/*.test.ts'],
  globalSetup: '<rootDir>/test/e2e/global-setup.ts',
  globalTeardown: '<rootDir>/test/e2e/global-teardown.ts',
} satisfies Config;

const config: Config = {
  cacheDirectory: '<rootDir>/.cache/jest',
  // More than two cores have work for: many suites wait for an emulator, or for a function to try again.
  maxWorkers: 3,
  // At its end a worker frees two gigabytes, which takes longer than the half second of Jest's own.
  workerGracefulExitTimeout: 10_000,
  testSequencer: '<rootDir>/test/support/long-suites-first.ts',
  reporters: ['default', '<rootDir>/test/support/report-skipped-pages.ts'],
  projects: [
    {
      ...common,
      displayName: 'unit',
      testMatch: ['<rootDir>/test/**/*.test.ts'],
      // The last two need packages of their own: jest.config.ts in their folders of test/rigs.
      testPathIgnorePatterns: [
        '<rootDir>/test/e2e/',
        '<rootDir>/test/lambda-runtime/',
        '<rootDir>/test/generated-clients/',
      ],
    },
    endToEnd,
  ],
};

export default config;
