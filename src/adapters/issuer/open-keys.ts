/** Opens what a function needs for the keys of the token issuer, by its environment variables. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { KeySource } from '../../domain/key-set.ts';
import type { Issuer } from '../../ports/issuer.ts';
import type { KeySets } from '../../ports/key-sets.ts';
import { DynamoDBKeySets } from '../dynamodb/key-sets.ts';
import { HttpIssuer } from './http-issuer.ts';

export interface KeyEnvironment {
  readonly TOKEN_ISSUER: string;
  readonly TOKEN_JWKS_URL?: string | undefined;
  readonly KEY_SET_MAX_AGE_HOURS: number;
  readonly KEY_SETS_TABLE: string;
}

export interface IssuerKeys {
  readonly source: KeySource;
  readonly issuer: Issuer;
  readonly keySets: KeySets;
  /** Time after its fetch for which a key set may be used. */
  readonly maxAgeMs: number;
}

export function openKeys(env: KeyEnvironment, client: DynamoDBClient): IssuerKeys {
  const source = { issuer: env.TOKEN_ISSUER, jwksUrl: env.TOKEN_JWKS_URL };
  const maxAgeMs = env.KEY_SET_MAX_AGE_HOURS * 3_600_000;
  return {
    source,
    issuer: new HttpIssuer(source),
    keySets: new DynamoDBKeySets(client, env.KEY_SETS_TABLE, maxAgeMs),
    maxAgeMs,
  };
}
