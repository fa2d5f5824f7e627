/**
 * A process that runs suites of one copy of the project, as often as it is told to: Jest starts once. What it is
 * sent is a list of suites, and it answers whether all of them passed.
 */
import { join } from 'node:path';
import { runCLI } from 'jest';

/** Jest keeps some of each suite's modules. Beyond so many bytes a new process is faster than this one. */
const FULL = 1_500_000_000;

export interface SuitesDone {
  readonly passed: boolean;
  readonly full: boolean;
}

const [project = ''] = process.argv.slice(2);

const common = {
  rootDir: project,
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  setupFilesAfterEnv: ['<rootDir>/test/support/set-timeout.ts'],
  testEnvironment: join(import.meta.dirname, 'fail-fast-environment.ts'),
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': join(import.meta.dirname, 'strip-types.ts') },
  cacheDirectory: join(project, '.cache/jest'),
};
const config = JSON.stringify(common);
const endToEndConfig = JSON.stringify({
  ...common,
  globalSetup: '<rootDir>/test/e2e/global-setup.ts',
  globalTeardown: '<rootDir>/test/e2e/global-teardown.ts',
});

async function runSuites(suites: string[]): Promise<boolean> {
  const { results } = await runCLI(
    {
      _: suites,
      $0: '',
      runTestsByPath: true,
      config: suites.some((suite) => suite.startsWith('test/e2e/')) ? endToEndConfig : config,
      runInBand: true,
      watchman: false,
      silent: true,
      reporters: [],
    },
    [project],
  );
  return results.success && results.numTotalTestSuites === suites.length;
}

process.chdir(project);
process.on('message', (suites: string[]) => {
  void runSuites(suites)
    .catch(() => false)
    .then((passed) =>
      process.send?.({ passed, full: process.memoryUsage().rss > FULL } satisfies SuitesDone),
    );
});
