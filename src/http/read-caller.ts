/** Makes the caller of a token: who it is, and what it may do, by its claims and the settings (ADR 9). */
import { v5 as uuidv5, validate as isUuid } from 'uuid';
import { SCOPE_OF, type Scope } from '../../api/scopes.ts';
import { UnauthenticatedError } from '../domain/errors.ts';
import { findUser } from './client-grants.ts';
import {
  type Claims,
  describeClaim,
  findClaim,
  findFirstClaim,
  readAccounts,
  readScopes,
} from './read-claims.ts';

export interface Caller {
  /** A UUID: the token's subject if that is a UUID, otherwise derived from issuer, claim and value. */
  readonly userId: string;
  readonly accounts: ReadonlySet<number>;
  readonly scopes: ReadonlySet<Scope>;
  /** What the claims were found to be, for the log: never their values. */
  readonly found: string;
}

/** How the tokens of the issuer are read. A claim is named by its name or by a path (`findClaim`). */
export interface TokenRules {
  readonly issuer: string;
  /** One of these must be the audience of a token. */
  readonly audiences: readonly string[];
  /** Clients whose access tokens need no audience. */
  readonly clientIds: readonly string[];
  readonly scopesClaims: readonly string[];
  readonly writeScope: string;
  readonly readScope: string;
  readonly accountsClaim: string;
  /** Accounts of machines, by client. */
  readonly accountsByClient: Readonly<Record<string, readonly number[]>>;
  /** The first that a token has names its client. */
  readonly clientClaims: readonly string[];
  /** The first that a token has says who calls. */
  readonly callerClaims: readonly string[];
  readonly clockToleranceSeconds: number;
}

/** @throws UnauthenticatedError for a token that is not for this API */
export function requireAudience(claims: Claims, rules: TokenRules): void {
  const fault = findAudienceFault(claims, rules);
  if (fault !== undefined)
    throw new UnauthenticatedError('The token is not for this API.', { reason: fault });
}

/** @throws UnauthenticatedError for a token of nobody */
export function readCaller(claims: Claims, rules: TokenRules): Caller {
  const accounts = readGranted(claims, rules);
  const scopeClaims = rules.scopesClaims.map((name) => ({ name, value: findClaim(claims, name) }));
  const given = new Set(scopeClaims.flatMap(({ value }) => readScopes(value)));
  return {
    userId: deriveUserId(claims, rules),
    accounts: new Set(accounts.ids),
    scopes: new Set([
      ...(given.has(rules.writeScope) ? [SCOPE_OF.createJob] : []),
      ...(given.has(rules.readScope) ? [SCOPE_OF.getJob] : []),
    ]),
    found: [
      ...accounts.found,
      ...scopeClaims.map(({ name, value }) => `scopes claim ${name}: ${describeClaim(value)}`),
    ].join('; '),
  };
}

/**
 * Returns why a token is not for this API, or undefined when it is. Its audience must be one of ours. Only a
 * token without any may instead be an access token of a known client: Cognito's have none.
 */
export function findAudienceFault(claims: Claims, rules: TokenRules): string | undefined {
  if (Object.hasOwn(claims, 'aud')) {
    const named: readonly unknown[] = Array.isArray(claims['aud']) ? claims['aud'] : [claims['aud']];
    const isOurs = rules.audiences.some((audience) => named.includes(audience));
    return isOurs ? undefined : `aud claim: ${describeClaim(claims['aud'])}, not the audience`;
  }
  if (rules.clientIds.length === 0) return 'aud claim: nothing';
  if (!Object.hasOwn(claims, 'token_use') || claims['token_use'] !== 'access') {
    return 'aud claim: nothing, and token_use is not access';
  }
  const client = readClient(claims, rules);
  if (client !== undefined && rules.clientIds.includes(client)) return undefined;
  return 'aud claim: nothing, and the client is none of clientIds';
}

/** Returns the client of a token: the first client claim that it has, if that is a text. */
function readClient(claims: Claims, { clientClaims }: TokenRules): string | undefined {
  const value = findFirstClaim(claims, clientClaims)?.value;
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Reads the accounts of a token: those of its claim, or, if it has no such claim, those of its client. */
function readGranted(claims: Claims, rules: TokenRules): { ids: readonly number[]; found: string[] } {
  const claim = findClaim(claims, rules.accountsClaim);
  const found = [`accounts claim: ${describeClaim(claim)}`];
  if (claim !== undefined) return { ids: readAccounts(claim), found };
  const client = readClient(claims, rules);
  if (client === undefined || !Object.hasOwn(rules.accountsByClient, client)) return { ids: [], found };
  const user = findUser(claims, client);
  if (user !== undefined) return { ids: [], found: [...found, `accountsByClient not used: ${user}`] };
  return { ids: rules.accountsByClient[client] ?? [], found: [...found, 'accountsByClient used'] };
}

/**
 * Derives the UUID of the caller. A subject is taken as it is, or hashed without the name of its claim, as
 * in stored jobs. Every other claim is hashed with its name, so that a client is never taken for a user.
 */
function deriveUserId(claims: Claims, { issuer, callerClaims }: TokenRules): string {
  const caller = findFirstClaim(claims, callerClaims);
  if (typeof caller?.value !== 'string' || caller.value === '') {
    const reason = `caller claim${caller === undefined ? '' : ` ${caller.name}`}: ${describeClaim(caller?.value)}`;
    throw new UnauthenticatedError('The token does not say whose it is.', { reason });
  }
  const { name, value } = caller;
  const ofIssuer = uuidv5(issuer, uuidv5.URL);
  if (name !== 'sub') return uuidv5(value, uuidv5(name, ofIssuer));
  return isUuid(value) ? value.toLowerCase() : uuidv5(value, ofIssuer);
}
