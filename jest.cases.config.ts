/**
 * Configures Jest for the cases of suites that others wrote (`*.cases.ts`): `npm run test:cases`. They take
 * as long as a fifth of `npm test` and change seldom. Therefore only `.ci/run` runs them.
 */
import type { Config } from 'jest';
import config, { endToEnd } from './jest.config.ts';

const cases: Config = {
  ...config,
  projects: [{ ...endToEnd, displayName: 'cases', testMatch: ['<rootDir>/test/e2e/**/*.cases.ts'] }],
};

export default cases;
