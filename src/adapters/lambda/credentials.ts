/**
 * Where the functions' credentials come from: the environment, and nowhere else. The bundles have this in
 * place of the AWS SDK's own chain of providers (lib/functions/bundled-function.ts).
 *
 * Lambda puts the keys of the role into the environment before the function starts, so the chain would end at
 * its first link; the others (profiles, single sign-on, web identity, containers, instances) are a fifth of a
 * bundle and are loaded at every cold start.
 */
export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';
