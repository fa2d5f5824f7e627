/**
 * Decides whether a token is a machine's own, so that it may get the accounts that the configuration grants
 * to its client (ADR 9). A user's token names the same client: it must not get them.
 */
import type { Claims } from './read-claims.ts';

/** Claims that name a user, or that only a user's session or an ID token has. */
const USER_CLAIMS = [
  // What a user has delegated. Entra ID puts it into every token of a user:
  // https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
  'scp',
  ...['username', 'preferred_username', 'email', 'cognito:username', 'upn', 'unique_name', 'name'],
  ...['given_name', 'family_name', 'emails', 'email_verified', 'uid', 'user_id', 'act', 'tfp'],
  ...['amr', 'sid', 'session_state', 'nonce', 'at_hash', 'c_hash'],
];

/** Claims that have one value in a machine's token, and others in a user's or in an ID token. */
const MACHINE_VALUES: readonly (readonly [claim: string, value: string])[] = [
  ['token_use', 'access'], // Cognito
  ['idtyp', 'app'], // Entra ID, as an optional claim
  ['gty', 'client-credentials'], // Auth0
];

/**
 * Claims that Keycloak adds in the client credentials grant alone:
 * https://github.com/keycloak/keycloak/pull/35860
 */
const SERVICE_ACCOUNT_CLAIMS = ['clientHost', 'clientAddress'];

/**
 * Returns why the token of a client may be a user's, or undefined when it is the client's own. Its subject
 * has to be absent or the client, unless the issuer says in another claim that there is no user.
 */
export function findUser(claims: Claims, client: string): string | undefined {
  const has = (name: string) => Object.hasOwn(claims, name);
  const user = USER_CLAIMS.find(has);
  if (user !== undefined) return `it has the claim ${user}`;
  if (claims['typ'] === 'ID') return 'its claim typ is ID';
  const other = MACHINE_VALUES.find(([name, value]) => has(name) && claims[name] !== value);
  if (other !== undefined) return `its claim ${other[0]} is not ${other[1]}`;
  if (!has('sub') || claims['sub'] === client) return undefined;
  // Cognito puts the client id into the subject of a machine:
  // https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html
  const isDeclared =
    !has('token_use') &&
    (has('idtyp') ||
      has('gty') ||
      isOfEntra(claims) ||
      SERVICE_ACCOUNT_CLAIMS.every(has) ||
      claims['sub'] === `${client}@clients`);
  return isDeclared ? undefined : 'its claim sub is not the client';
}

/**
 * Whether Entra ID has issued the token to an application. There, a token without `scp` is one, and its
 * subject is its object: a user's subject differs from `oid` for each client.
 * https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
 */
function isOfEntra(claims: Claims): boolean {
  const isEntra = claims['ver'] === '1.0' || claims['ver'] === '2.0';
  return isEntra && (!Object.hasOwn(claims, 'oid') || claims['oid'] === claims['sub']);
}
