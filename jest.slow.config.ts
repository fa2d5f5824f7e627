/**
 * Configures Jest for the suites that take long and are seldom red, which `.ci/run` runs and `npm test` does
 * not: drills, large jobs and token issuers that run (`*.slow.ts`), and the cases of suites that others wrote
 * (`*.cases.ts`).
 */
import type { Config } from 'jest';
import config, { endToEnd } from './jest.config.ts';

const slow: Config = {
  ...config,
  projects: [{ ...endToEnd, displayName: 'slow', testMatch: ['<rootDir>/test/e2e/**/*.{slow,cases}.ts'] }],
};

export default slow;
