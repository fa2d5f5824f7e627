/** The latest jobs, as the log lines of the functions tell of them. */
import type { JobKey } from '../../../src/domain/job.ts';
import { jobIdOf, traceIdOf } from './log-lines.ts';

const MOST_JOBS = 200;

const LONGEST_EVENT = 100;

export interface JobNotes {
  readonly key: JobKey;
  /** Of the call that created it; undefined when that was before this stack started. */
  traceId: string | undefined;
  /** Target groups that failed, in the chunks whose settlement was logged. */
  failed: number;
  /** How long it took, in milliseconds, once it has ended. */
  milliseconds: number | undefined;
  /** The latest event that names the job, and when: epoch milliseconds. */
  lastEvent: string;
  lastAt: number;
}

export class JobList {
  private readonly notes = new Map<string, JobNotes>();
  private readonly most: number;

  constructor(most = MOST_JOBS) {
    this.most = most;
  }

  /** Those that came last, and of earlier ones rather those that have not ended. Oldest first. */
  get all(): readonly JobNotes[] {
    return [...this.notes.values()];
  }

  get(jobId: string): JobNotes | undefined {
    return this.notes.get(jobId);
  }

  /**
   * A job is known from the first line on that says whose it is.
   * @param now epoch milliseconds
   */
  add(line: Record<string, unknown>, now: number): void {
    const jobId = jobIdOf(line);
    const event = line['message'];
    if (jobId === undefined || typeof event !== 'string') return;
    // A key may be used again after its job's life has ended: then everything begins anew.
    const known = event === 'job.created' ? undefined : this.notes.get(jobId);
    const job = known ?? this.enter(jobId, line);
    if (job === undefined) return;
    job.lastEvent = event.slice(0, LONGEST_EVENT);
    job.lastAt = now;
    switch (event) {
      case 'job.created':
        job.traceId = traceIdOf(line);
        break;
      case 'chunk.settled':
        job.failed += numberOf(line['failed']) ?? 0;
        break;
      case 'job.finished':
        job.milliseconds = numberOf(line['ms']);
        break;
    }
  }

  private enter(jobId: string, line: Record<string, unknown>): JobNotes | undefined {
    const accountId = numberOf(line['account_id']);
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
    this.notes.delete(jobId);
    this.notes.set(jobId, job);
    if (this.notes.size > this.most) this.evict();
    return job;
  }

  private evict(): void {
    const all = this.all;
    const victim = all.find(({ milliseconds }) => milliseconds !== undefined) ?? all[0];
    if (victim !== undefined) this.notes.delete(victim.key.jobId);
  }
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
