/** Makes the JSON that the status page shows, from the recorder, the jobs table and the queues. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { getErrorMessage } from '../../kit/tool-errors.ts';
import type { Queue } from '../template/read-queues.ts';
import type { Runtime } from '../template/read-runtime.ts';
import type { FunctionStats } from './function-record.ts';
import { type Health, deriveHealth, type WatchedSchedule } from './health.ts';
import { type JobRow, JobReader } from './job-rows.ts';
import type { LogLine } from './log-lines.ts';
import { type QueueRow, readDepths } from './queue-depths.ts';
import type { Recorder } from './recorder.ts';

/** The most log lines in one answer. */
const MOST_LINES = 300;

/** Tables and queues are read again only after this time, so that several open pages share one read. */
const FRESH_MILLISECONDS = 500;

/** Limit for reading tables and queues, so that the page shows the rest when an emulator does not answer. */
const READ_LIMIT_MILLISECONDS = 2_000;

export interface Snapshot {
  /** Epoch milliseconds, like `startedAt`, which identifies one run of the stack. */
  readonly now: number;
  readonly startedAt: number;
  readonly state: 'starting' | 'serving';
  readonly health: Health;
  readonly jobs: readonly JobRow[];
  readonly functions: readonly FunctionStats[];
  readonly queues: readonly QueueRow[];
  /** Log lines of the level ERROR in the last minute. */
  readonly recentErrors: number;
  /** Log lines, oldest first. */
  readonly lines: readonly LogLine[];
  /** The number of the newest line, even when it is not in `lines`. */
  readonly lastLine: number;
}

export interface SnapshotQuery {
  /** Only lines of this job. */
  readonly jobId?: string | undefined;
  /** Only lines with a higher number. */
  readonly after?: number | undefined;
}

/** Sources of the status that exist once the stack serves. */
export interface Sources {
  readonly readJobs: (signal: AbortSignal) => Promise<JobRow[]>;
  readonly readQueues: (signal: AbortSignal) => Promise<QueueRow[]>;
  readonly schedules: readonly WatchedSchedule[];
}

interface SourceData {
  readonly jobs: readonly JobRow[];
  readonly queues: readonly QueueRow[];
  readonly unread: readonly string[];
}

export class Status {
  readonly #recorder: Recorder;
  readonly #now: () => number;
  readonly #startedAt: number;
  #sources: Sources | undefined;
  #servingSince = Infinity;
  #latest: { readonly at: number; readonly read: Promise<SourceData> } | undefined;
  #last: SourceData = { jobs: [], queues: [], unread: [] };

  /** @param now returns epoch milliseconds */
  constructor(recorder: Recorder, now: () => number = Date.now) {
    this.#recorder = recorder;
    this.#now = now;
    this.#startedAt = now();
  }

  /** Starts to read tables and queues; called when the stack serves. */
  watch(sources: Sources): void {
    this.#sources = sources;
    this.#servingSince = this.#now();
  }

  /**
   * Makes a snapshot; never rejects. An unreadable source is listed as a problem and its last data is shown.
   */
  async takeSnapshot({ jobId, after }: SnapshotQuery = {}): Promise<Snapshot> {
    const recorder = this.#recorder;
    const sources = this.#sources;
    const startedAt = this.#startedAt;
    const { jobs, queues, unread } = await this.#read();
    const now = this.#now();
    const { functions, recentErrors } = recorder;
    const filter = jobId === undefined ? undefined : { jobId, traceId: recorder.jobs.get(jobId)?.traceId };
    return {
      now,
      startedAt,
      state: sources === undefined ? 'starting' : 'serving',
      health: deriveHealth({
        now,
        servingSince: this.#servingSince,
        schedules: sources?.schedules ?? [],
        functions,
        recentErrors,
        deadLetters: queues.reduce((sum, queue) => sum + (queue.deadLetters ? queue.visible : 0), 0),
        unread,
      }),
      jobs,
      functions,
      queues,
      recentErrors,
      lines: recorder.lines.readNewest(MOST_LINES, after, filter),
      lastLine: recorder.lines.last,
    };
  }

  #read(): Promise<SourceData> {
    const now = this.#now();
    if (this.#latest === undefined || now - this.#latest.at >= FRESH_MILLISECONDS) {
      this.#latest = { at: now, read: this.#readSources() };
    }
    return this.#latest.read;
  }

  async #readSources(): Promise<SourceData> {
    if (this.#sources === undefined) return this.#last;
    const { readJobs, readQueues } = this.#sources;
    const signal = AbortSignal.timeout(READ_LIMIT_MILLISECONDS);
    const unread: string[] = [];
    const keepLastData = <T>(before: T, what: string) => {
      return (error: unknown) => {
        unread.push(`The ${what} cannot be read: ${getErrorMessage(error)}`);
        return before;
      };
    };
    const [jobs, queues] = await Promise.all([
      readJobs(signal).catch(keepLastData(this.#last.jobs, 'jobs')),
      readQueues(signal).catch(keepLastData(this.#last.queues, 'queues')),
    ]);
    this.#last = { jobs, queues, unread };
    return this.#last;
  }
}

/** Makes the sources of a running stack. */
export function makeSources(
  recorder: Recorder,
  runtime: Runtime,
  infrastructure: {
    readonly dynamodb: DynamoDBClient;
    readonly sqs: SQSClient;
    readonly queues: readonly Queue[];
    readonly queueUrls: ReadonlyMap<string, string>;
  },
): Sources {
  const { dynamodb, sqs, queues, queueUrls } = infrastructure;
  const table = runtime.functions.map(({ environment }) => environment['JOBS_TABLE']).find(Boolean);
  const jobs = table === undefined ? undefined : new JobReader(recorder.jobs, dynamodb, table);
  return {
    readJobs: (signal) => jobs?.read(signal) ?? Promise.resolve([]),
    readQueues: (signal) => readDepths(sqs, queues, queueUrls, signal),
    schedules: runtime.schedules.map(({ functionId, everySeconds }) => ({
      functionName:
        runtime.functions.find(({ logicalId }) => logicalId === functionId)?.displayName ?? functionId,
      everySeconds,
    })),
  };
}
