/**
 * Reads the functions' credentials from the environment only (ADR 28). In the bundles, esbuild puts this file
 * in the place of the AWS SDK's own chain of providers (lib/functions/bundled-function.ts). The sources and
 * all other programs use the SDK's chain.
 *
 * Lambda puts the role's keys into the environment before the function starts. The other providers (profiles,
 * single sign-on, web identity, containers, instances) would be a fourth to a third of a bundle, read and
 * compiled at every cold start.
 */
export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';
