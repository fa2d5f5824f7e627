/**
 * Where the functions' credentials come from: the environment, and nowhere else. esbuild puts this file into
 * the bundles in the place of the AWS SDK's own chain of providers (lib/functions/bundled-function.ts, ADR 28);
 * the sources and all other programs use the SDK's chain.
 *
 * Lambda puts the keys of the role into the environment before the function starts, so the chain would end at
 * its first link. The others (profiles, single sign-on, web identity, containers, instances) would be a fourth
 * to a third of a bundle, read and compiled at every cold start.
 */
export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';
