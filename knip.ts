/** `npm run lint`: where programs start, so that knip (knip.dev) finds what none of them reaches. */
import type { KnipConfig } from 'knip';

const config: KnipConfig = {
  // Beside the scripts of package.json, the suites and the configurations of tools that knip knows by itself.
  entry: [
    'bin/app.ts',
    'lambdas/*.ts',
    // Started as a process of its own, and loaded before one.
    'test/support/{real-issuer-process,count-connections}.ts',
    // In the bundle of the Tracer they take the places of others.
    'src/observability/no-{async-hooks,semver}.ts',
    'client/index.ts',
    'dependency-cruiser.config.ts',
    'jest.slow.config.ts',
    'test/e2e/*.{slow,cases}.ts',
    'test/unit/*.slow.ts',
    'tools/local/{docs,status}/page/page.js',
    'tools/bench/bare/{bare-client,writes}.ts',
    'tools/bench/peers/plain-functions.ts',
    'tools/mutate/{fail-fast-environment,suite-runner}.ts',
    'test/rigs/{generated-clients,lambda-runtime}/jest.config.ts',
    'test/rigs/generated-clients/programs/*.ts',
    'test/support/docs/stand-ins/*',
  ],
  project: ['**/*.{ts,js}'],
  ignoreDependencies: [
    // Only resolved, to serve its files: tools/local/docs/docs-handler.ts.
    'swagger-ui-dist',
    // Of the package in test/rigs/generated-clients.
    /^@stoplight\//,
    'openapi-fetch',
  ],
  // Of the machine: each program says what it does without them.
  ignoreBinaries: ['java', 'mkfifo', 'redis-server'],
};

export default config;
