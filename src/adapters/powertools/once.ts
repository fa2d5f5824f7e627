/** Remembers which creations were carried out, with Powertools' idempotency and its own table (ADR 7). */
import { IdempotencyConfig, makeIdempotent } from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Context } from 'aws-lambda';
import { type CreationKey, deriveJobId } from '../../domain/digest.ts';
import { IdempotencyKeyReusedError } from '../../domain/errors.ts';
import type { Created, Once, OnceResult } from '../../ports/once.ts';
import { FORMAT, refuseLaterFormat } from '../format.ts';

/** The format of what a record remembers of a creation, and the latest one that is read (ADR 37). */
const CREATION_FORMAT = 1;

/** What a record remembers. That of release 0.1.0 has no format: it is 1. */
interface RememberedCreation {
  readonly [FORMAT]?: number;
  readonly jobId: string;
}

export interface PowertoolsOnceOptions {
  readonly client: DynamoDBClient;
  readonly table: string;
  readonly ttlSeconds: number;
}

/** The input of the idempotent function: the key of its record, and the hash that a repeat must match. */
interface IdempotencyPayload {
  readonly key: CreationKey;
  readonly bodyHash: string;
}

/**
 * Makes the function that returns a `Once` for an invocation. Powertools needs the invocation's context to
 * know how long a creation in progress may hold its record.
 */
export function makePowertoolsOnce({ client, table, ttlSeconds }: PowertoolsOnceOptions) {
  const persistenceStore = new DynamoDBPersistenceLayer({ tableName: table, awsSdkV3Client: client });
  const config = new IdempotencyConfig({
    eventKeyJmesPath: 'key',
    payloadValidationJmesPath: 'bodyHash',
    throwOnNoIdempotencyKey: true,
    expiresAfterSeconds: ttlSeconds,
    hashFunction: 'sha256',
  });

  return (context: Context): Once => ({
    async run(key, bodyHash, work): Promise<OnceResult> {
      // Without time left Powertools would hold the record until it expires, hours later.
      if (context.getRemainingTimeInMillis() <= 0) return { kind: 'unknown', cause: 'no time left' };
      config.registerLambdaContext(context);

      let ran: { created: Created } | { error: unknown } | undefined;
      const remember = makeIdempotent(
        async (_payload: IdempotencyPayload): Promise<RememberedCreation> => {
          try {
            ran = { created: await work() };
            return { [FORMAT]: CREATION_FORMAT, jobId: ran.created.jobId };
          } catch (error) {
            ran = { error };
            throw error;
          }
        },
        { persistenceStore, config, keyPrefix: 'create-job' },
      );

      try {
        // Frozen, because a changed input would name another record.
        const payload = Object.freeze({ key: Object.freeze({ ...key }), bodyHash });
        const remembered = await remember(payload);
        if (ran !== undefined && 'created' in ran) return { kind: 'ran', created: ran.created };
        refuseLaterFormat('The record of a creation', remembered[FORMAT] ?? 1, CREATION_FORMAT);
        return { kind: 'replayed' };
      } catch (cause) {
        // If `work` ran, its result counts, even if its record could not be written or deleted.
        if (ran !== undefined && 'error' in ran) throw ran.error;
        if (ran !== undefined) return { kind: 'ran', created: ran.created };
        if (cause instanceof Error && cause.name === 'IdempotencyValidationError') {
          throw new IdempotencyKeyReusedError(
            'The idempotency key was used with other target groups.',
            { jobId: deriveJobId(key) },
            { cause },
          );
        }
        // Expected when a call is repeated at once. Nothing failed, so the log needs no stack trace.
        const underWay = cause instanceof Error && cause.name === 'IdempotencyAlreadyInProgressError';
        return { kind: 'unknown', cause: underWay ? 'a creation is under way' : cause };
      }
    },
  });
}
