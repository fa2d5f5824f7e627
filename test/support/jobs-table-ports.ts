/** Opens the three ports of the jobs table together, because most tests use all of them. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBChunks } from '../../src/adapters/dynamodb/chunks.ts';
import { DynamoDBJobs } from '../../src/adapters/dynamodb/jobs.ts';
import { DynamoDBOpenJobs } from '../../src/adapters/dynamodb/open-jobs.ts';
import type { Chunks } from '../../src/ports/chunks.ts';
import type { Jobs } from '../../src/ports/jobs.ts';
import type { OpenJobs } from '../../src/ports/open-jobs.ts';
import { MemoryJobStore } from './memory/memory-job-store.ts';

export interface JobStore {
  readonly jobs: Jobs;
  readonly chunks: Chunks;
  readonly openJobs: OpenJobs;
}

export function openDynamoDBJobStore(client: DynamoDBClient, table: string): JobStore {
  return {
    jobs: new DynamoDBJobs(client, table),
    chunks: new DynamoDBChunks(client, table),
    openJobs: new DynamoDBOpenJobs(client, table),
  };
}

export function makeMemoryJobStore(): JobStore {
  const store = new MemoryJobStore();
  return { jobs: store, chunks: store, openJobs: store };
}
