/**
 * Takes the place of the package semver in the bundle of the Tracer (lib/functions/bundled-function.ts,
 * ADR 33), of which it would be a fifth. The X-Ray SDK only asks it whether version 2 of the AWS SDK is new
 * enough.
 */
export function gte(): never {
  throw new Error('version 2 of the AWS SDK cannot be traced');
}
