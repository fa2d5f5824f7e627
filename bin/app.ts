/** The CDK app: reads the configuration from the context and the environment's file, and makes the stacks. */
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { ConfigurationError } from '../lib/config.ts';
import { readConfiguration } from '../lib/environment.ts';
import { makeStacks } from '../lib/make-stacks.ts';

const app = new App();
try {
  const { config, notices } = readConfiguration(app.node.getAllContext(), join(import.meta.dirname, '..'));
  for (const notice of notices) console.error(notice);
  makeStacks(app, config);
} catch (error) {
  if (!(error instanceof ConfigurationError)) throw error;
  console.error(error.message);
  process.exit(1);
}
