/**
 * What the X-Ray SDK uses of the package semver. In the bundles, esbuild puts this file in its place
 * (lib/functions/bundled-function.ts, ADR 33).
 *
 * The SDK only asks whether version 2 of the AWS SDK is new enough to be traced. There is none here, and the
 * package would be 27 kB of each bundle, which is read at every cold start.
 */
export function gte(): never {
  throw new Error('version 2 of the AWS SDK cannot be traced');
}
