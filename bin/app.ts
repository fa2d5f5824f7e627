/** The CDK app: reads the configuration from the context and makes the stacks. */
import { App } from 'aws-cdk-lib';
import { ConfigurationError, readConfig } from '../lib/config.ts';
import { makeStacks } from '../lib/make-stacks.ts';

const app = new App();
try {
  makeStacks(app, readConfig(app.node.getAllContext()));
} catch (error) {
  if (!(error instanceof ConfigurationError)) throw error;
  console.error(error.message);
  process.exit(1);
}
