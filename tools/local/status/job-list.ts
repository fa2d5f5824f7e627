/** Collects the latest jobs from the log lines of the functions. */
import type { JobKey } from '../../../src/domain/job.ts';
import { readJobId, readTraceId } from './log-lines.ts';

const MOST_JOBS = 200;

/** Characters of an event's name. */
const LONGEST_EVENT = 100;

export interface JobNotes {
  readonly key: JobKey;
  /** Trace id of the call that created the job; undefined when that was before this stack started. */
  traceId: string | undefined;
  /** Number of failed target groups in the chunks that were logged as settled. */
  failed: number;
  /** Duration of an ended job; undefined before its end was logged. */
  milliseconds: number | undefined;
  /** The latest event that names the job, and its time in epoch milliseconds. */
  lastEvent: string;
  lastAt: number;
}

export class JobList {
  readonly #notes = new Map<string, JobNotes>();
  readonly #most: number;

  constructor(most = MOST_JOBS) {
    this.#most = most;
  }

  /** The remembered jobs, oldest first. Open jobs are kept longer than ended ones. */
  get all(): readonly JobNotes[] {
    return [...this.#notes.values()];
  }

  get(jobId: string): JobNotes | undefined {
    return this.#notes.get(jobId);
  }

  /**
   * Notes a line's event. A job is listed from its first line with account and project on.
   * @param now epoch milliseconds
   */
  add(line: Record<string, unknown>, now: number): void {
    const jobId = readJobId(line);
    const event = line['message'];
    if (jobId === undefined || typeof event !== 'string') return;
    // A key may be used again after its job's life has ended: the new job has the same id.
    const known = event === 'job.created' ? undefined : this.#notes.get(jobId);
    const job = known ?? this.#insert(jobId, line);
    if (job === undefined) return;
    job.lastEvent = event.slice(0, LONGEST_EVENT);
    job.lastAt = now;
    switch (event) {
      case 'job.created':
        job.traceId = readTraceId(line);
        break;
      case 'chunk.settled':
        job.failed += readNumber(line['failed']) ?? 0;
        break;
      case 'job.finished':
        job.milliseconds = readNumber(line['ms']);
        break;
    }
  }

  #insert(jobId: string, line: Record<string, unknown>): JobNotes | undefined {
    const accountId = readNumber(line['account_id']);
    const projectId = line['project_id'];
    if (accountId === undefined || typeof projectId !== 'string') return undefined;
    const job: JobNotes = {
      key: { accountId, projectId, jobId },
      traceId: undefined,
      failed: 0,
      milliseconds: undefined,
      lastEvent: '',
      lastAt: 0,
    };
    this.#notes.delete(jobId);
    this.#notes.set(jobId, job);
    if (this.#notes.size > this.#most) this.#evict();
    return job;
  }

  #evict(): void {
    const all = this.all;
    const victim = all.find(({ milliseconds }) => milliseconds !== undefined) ?? all[0];
    if (victim !== undefined) this.#notes.delete(victim.key.jobId);
  }
}

function readNumber(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
