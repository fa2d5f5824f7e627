/** The CDK app: reads the configuration from the context and makes the stack. */
import { App } from 'aws-cdk-lib';
import { ConfigurationError, readConfig } from '../lib/config.ts';
import { FieldingJobsStack } from '../lib/fielding-jobs-stack.ts';

const app = new App();
try {
  new FieldingJobsStack(app, readConfig(app.node.getAllContext()));
} catch (error) {
  if (!(error instanceof ConfigurationError)) throw error;
  console.error(error.message);
  process.exit(1);
}
