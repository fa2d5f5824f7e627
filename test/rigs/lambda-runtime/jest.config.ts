/** Configures Jest for the suites that `npm test` leaves out: `.ci/run` installs what they need. */
import type { Config } from 'jest';
import { common } from '../../../jest.config.ts';

const config: Config = {
  ...common,
  rootDir: '../../..',
  displayName: 'lambda-runtime',
  testMatch: ['<rootDir>/test/lambda-runtime/**/*.test.ts'],
};

export default config;
