/**
 * Configures Jest for the suites that take long and are seldom red, which `.ci/run` runs and `npm test` does
 * not: drills, large jobs, token issuers that run, planted bugs (`*.slow.ts`), and the cases of suites that
 * others wrote (`*.cases.ts`).
 */
import type { Config } from 'jest';
import config, { common, endToEnd } from './jest.config.ts';

const slow: Config = {
  ...config,
  projects: [
    { ...endToEnd, displayName: 'slow', testMatch: ['<rootDir>/test/e2e/**/*.{slow,cases}.ts'] },
    { ...common, displayName: 'slow unit', testMatch: ['<rootDir>/test/unit/**/*.slow.ts'] },
  ],
};

export default slow;
