/** Configures Jest for the suites of generated clients: `.ci/run` installs what they need. */
import type { Config } from 'jest';
import { endToEnd } from '../../../jest.config.ts';

const config: Config = {
  ...endToEnd,
  rootDir: '../../..',
  displayName: 'generated-clients',
  testMatch: ['<rootDir>/test/generated-clients/**/*.test.ts'],
};

export default config;
