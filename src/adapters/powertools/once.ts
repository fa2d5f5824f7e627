/** The memory of carried out creations: Powertools idempotency on its own DynamoDB table. */
import { IdempotencyConfig, makeIdempotent } from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Context } from 'aws-lambda';
import { type CreationKey, deriveJobId } from '../../domain/digest.ts';
import { IdempotencyKeyReusedError } from '../../domain/errors.ts';
import type { Created, Once, OnceResult } from '../../ports/once.ts';

export interface PowertoolsOnceOptions {
  readonly client: DynamoDBClient;
  readonly table: string;
  readonly ttlSeconds: number;
}

/** What is remembered under a key, and what it is checked against. Frozen: a changed one would name another record. */
interface Remembered {
  readonly key: CreationKey;
  readonly bodyHash: string;
}

/**
 * Makes the memory; call the result once per invocation with its context, from which Powertools takes how long
 * a creation under way may hold its record.
 */
export function powertoolsOnce({ client, table, ttlSeconds }: PowertoolsOnceOptions) {
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
      // Without time left the record would be held until it expires, hours later.
      if (context.getRemainingTimeInMillis() <= 0) return { kind: 'unknown', cause: 'no time left' };
      config.registerLambdaContext(context);

      let ran: { created: Created } | { error: unknown } | undefined;
      const remember = makeIdempotent(
        async (_remembered: Remembered) => {
          try {
            ran = { created: await work() };
            return { jobId: ran.created.jobId };
          } catch (error) {
            ran = { error };
            throw error;
          }
        },
        { persistenceStore, config, keyPrefix: 'create-job' },
      );

      try {
        const remembered = Object.freeze({ key: Object.freeze({ ...key }), bodyHash });
        await remember(remembered);
        return ran !== undefined && 'created' in ran
          ? { kind: 'ran', created: ran.created }
          : { kind: 'replayed' };
      } catch (cause) {
        // The work's own word comes first: whether its memory could be written or wiped changes nothing.
        if (ran !== undefined && 'error' in ran) throw ran.error;
        if (ran !== undefined) return { kind: 'ran', created: ran.created };
        if (cause instanceof Error && cause.name === 'IdempotencyValidationError') {
          throw new IdempotencyKeyReusedError(
            'The idempotency key was used with other target groups.',
            { jobId: deriveJobId(key) },
            { cause },
          );
        }
        // Expected when a call is repeated at once: nothing failed, so no stack of it belongs in the log.
        const underWay = cause instanceof Error && cause.name === 'IdempotencyAlreadyInProgressError';
        return { kind: 'unknown', cause: underWay ? 'a creation is under way' : cause };
      }
    },
  });
}
