/** Reads the progress of the latest jobs from the jobs table. */
import { BatchGetItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { makeMetaKey, readMeta } from '../../../src/adapters/dynamodb/job-item.ts';
import {
  type Job,
  type JobKey,
  type JobStatus,
  countSettledTargetGroups,
  deriveStatus,
} from '../../../src/domain/job.ts';
import type { JobList, JobNotes } from './job-list.ts';

/** BatchGetItem takes at most this number of keys. */
const MOST_KEYS = 100;

export interface JobRow {
  readonly jobId: string;
  readonly action: string;
  readonly accountId: number;
  readonly projectId: string;
  readonly createdAt: string;
  readonly status: JobStatus;
  /** Number of target groups, like `settled` and `failed`. */
  readonly total: number;
  readonly settled: number;
  readonly failed: number;
  /** Duration of the job; null before its end was logged. */
  readonly milliseconds: number | null;
  readonly lastEvent: string;
  /** Time of the last event in epoch milliseconds. */
  readonly lastAt: number;
}

export class JobReader {
  readonly #list: JobList;
  readonly #dynamodb: DynamoDBClient;
  readonly #table: string;
  /** Ended jobs. They no longer change, so that each is read once. */
  readonly #ended = new WeakMap<JobNotes, Job>();

  constructor(list: JobList, dynamodb: DynamoDBClient, table: string) {
    this.#list = list;
    this.#dynamodb = dynamodb;
    this.#table = table;
  }

  /**
   * Returns the jobs of the list that are in the table, newest first.
   * @throws the error of DynamoDB
   */
  async read(signal: AbortSignal): Promise<JobRow[]> {
    const notes = this.#list.all;
    const unknown = notes.filter((note) => !this.#ended.has(note));
    const found = new Map<string, Job>();
    for (let start = 0; start < unknown.length; start += MOST_KEYS) {
      const keys = unknown.slice(start, start + MOST_KEYS).map(({ key }) => key);
      for (const job of await this.#fetch(keys, signal)) found.set(job.jobId, job);
    }
    const rows: JobRow[] = [];
    for (const note of notes) {
      const job = this.#ended.get(note) ?? found.get(note.key.jobId);
      if (job === undefined) continue;
      if (deriveStatus(job) !== 'Processing') this.#ended.set(note, job);
      rows.push(makeRow(job, note));
    }
    return rows.sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
  }

  async #fetch(jobKeys: readonly JobKey[], signal: AbortSignal): Promise<Job[]> {
    const jobs: Job[] = [];
    let keys = jobKeys.map((key) => marshall(makeMetaKey(key)));
    while (keys.length > 0) {
      const { Responses, UnprocessedKeys } = await this.#dynamodb.send(
        new BatchGetItemCommand({ RequestItems: { [this.#table]: { Keys: keys, ConsistentRead: true } } }),
        { abortSignal: signal },
      );
      jobs.push(...(Responses?.[this.#table] ?? []).flatMap((item) => readItem(unmarshall(item))));
      keys = UnprocessedKeys?.[this.#table]?.Keys ?? [];
    }
    return jobs;
  }
}

/** Reads one item; skips an unreadable one, which must not hide the other jobs. */
function readItem(item: Record<string, unknown>): Job[] {
  try {
    return [readMeta(item)];
  } catch {
    return [];
  }
}

function makeRow(job: Job, { failed, milliseconds, lastEvent, lastAt }: JobNotes): JobRow {
  return {
    jobId: job.jobId,
    action: job.action,
    accountId: job.accountId,
    projectId: job.projectId,
    createdAt: job.createdAt,
    status: deriveStatus(job),
    total: job.total,
    settled: countSettledTargetGroups(job),
    failed,
    milliseconds: milliseconds ?? null,
    lastEvent,
    lastAt,
  };
}
