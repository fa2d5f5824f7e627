/** Makes the environment variables by which the HTTP functions read tokens, and measures them. */
import type { KeyVariable, TokenVariable, TokenVariables } from '../src/adapters/lambda/read-environment.ts';

/** The settings of the configuration that concern tokens. */
export interface TokenSettings {
  readonly issuer: string;
  readonly audience: readonly string[];
  readonly jwksUrl?: string | undefined;
  readonly keySetMaxAgeHours: number;
  readonly clientIds?: readonly string[] | undefined;
  readonly scopesClaim: readonly string[];
  readonly writeScope: string;
  readonly readScope: string;
  readonly accountsClaim: string;
  readonly accountsByClient?: Readonly<Record<string, readonly number[]>> | undefined;
  readonly clientClaims: readonly string[];
  readonly callerClaims: readonly string[];
  readonly clockToleranceSeconds: number;
}

/** The audience that stands for one in documentation and tests. No issuer has it. */
export const PLACEHOLDER_AUDIENCE = 'https://audience.example.com/';

/**
 * Whether a token needs an audience that nobody has set. With client ids alone, tokens without an audience
 * are accepted, and no others.
 */
export function lacksAudience({ audience, clientIds = [] }: TokenSettings): boolean {
  return audience.includes(PLACEHOLDER_AUDIENCE) && clientIds.length === 0;
}

/** Makes the rules by which the functions read a token, without the issuer. */
export function makeTokenRules(settings: TokenSettings): TokenVariables['TOKEN_RULES'] {
  const { audience, clientIds = [], scopesClaim, accountsByClient = {} } = settings;
  return {
    audiences: clientIds.length === 0 ? audience : audience.filter((each) => each !== PLACEHOLDER_AUDIENCE),
    clientIds,
    scopesClaims: scopesClaim,
    writeScope: settings.writeScope,
    readScope: settings.readScope,
    accountsClaim: settings.accountsClaim,
    accountsByClient,
    clientClaims: settings.clientClaims,
    callerClaims: settings.callerClaims,
    clockToleranceSeconds: settings.clockToleranceSeconds,
  };
}

/** Makes the variables by which a function finds the keys of the issuer. */
export function makeKeyEnvironment(
  settings: TokenSettings,
): Omit<Record<KeyVariable, string>, 'TOKEN_JWKS_URL'> {
  const { issuer, jwksUrl, keySetMaxAgeHours } = settings;
  return {
    TOKEN_ISSUER: issuer,
    KEY_SET_MAX_AGE_HOURS: String(keySetMaxAgeHours),
    ...(jwksUrl !== undefined && { TOKEN_JWKS_URL: jwksUrl }),
  };
}

/** Makes the variables by which a function verifies tokens, besides those of the keys. */
export function makeTokenEnvironment(settings: TokenSettings): Record<TokenVariable, string> {
  return { TOKEN_RULES: JSON.stringify(makeTokenRules(settings)) };
}

/**
 * Measures environment variables as Lambda does, in bytes of JSON text: a quotation mark in a value counts
 * twice. The text stands in its errors: https://github.com/github-aws-runners/terraform-aws-github-runner/issues/3594
 */
export function measureEnvironment(variables: Readonly<Record<string, string>>): number {
  return Buffer.byteLength(JSON.stringify(variables));
}
