/**
 * A process that runs suites of one copy of the project, so that Jest is loaded once. It is sent the path of
 * a suite, and answers whether that suite passed.
 */
import { join } from 'node:path';
import { runCLI } from 'jest';

/** Jest keeps some of each suite's modules. Beyond so many bytes a new process is faster than this one. */
const FULL = 1_500_000_000;

export interface SuiteDone {
  readonly passed: boolean;
  readonly full: boolean;
}

const [project = ''] = process.argv.slice(2);

const config = JSON.stringify({
  rootDir: project,
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  setupFilesAfterEnv: ['<rootDir>/test/support/set-up-suite.ts'],
  testEnvironment: join(import.meta.dirname, 'fail-fast-environment.ts'),
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': join(project, 'strip-types.ts') },
  cacheDirectory: join(project, '.cache/jest'),
});
async function runSuite(suite: string): Promise<boolean> {
  const { results } = await runCLI(
    {
      _: [suite],
      $0: '',
      runTestsByPath: true,
      config,
      runInBand: true,
      watchman: false,
      silent: true,
      reporters: [],
    },
    [project],
  );
  return results.success && results.numTotalTestSuites === 1;
}

process.chdir(project);
process.on('message', (suite: string) => {
  void runSuite(suite)
    .catch(() => false)
    .then((passed) => process.send?.({ passed, full: process.memoryUsage().rss > FULL } satisfies SuiteDone));
});
