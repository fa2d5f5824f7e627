/** Implements the three ports of the jobs table in memory, with the same promises as those on DynamoDB. */
/* eslint-disable @typescript-eslint/require-await -- the port is asynchronous, a map is not */
import { InconsistentStoreError } from '../../../src/domain/errors.ts';
import type { ChunkKey, ChunkResult, FailureGroup, Job, JobKey } from '../../../src/domain/job.ts';
import { chunkCount, withChunk } from '../../../src/domain/job.ts';
import type { Chunks, Claim } from '../../../src/ports/chunks.ts';
import type { EndedJob, JobRequest, Jobs } from '../../../src/ports/jobs.ts';
import type { DueJob, OpenJobs, OpenJobsPage } from '../../../src/ports/open-jobs.ts';
import { OpenIndex } from './open-index.ts';

interface Meta {
  job: Job;
  owner: string;
  dueAt: string;
  settledSeen: number;
}

interface Result {
  owner: string;
  until: number;
  failures?: readonly FailureGroup[];
}

const nameOf = ({ accountId, projectId, jobId }: JobKey) => `${accountId}#${projectId}#${jobId}`;

const nameOfRequest = (job: JobKey & Pick<Job, 'bodyHash'>) => `${nameOf(job)}#${job.bodyHash}`;

const nameOfResult = (chunk: ChunkKey) => `${nameOf(chunk)}#${chunk.createdAt}#${chunk.index}`;

export class MemoryJobStore implements Jobs, Chunks, OpenJobs {
  readonly #requests = new Map<string, JobRequest & { readonly expiresAt: number }>();
  readonly #metas = new Map<string, Meta>();
  readonly #results = new Map<string, Result>();
  readonly #open = new OpenIndex();

  // No method awaits anything, so each one is atomic, like a conditional write.

  async saveRequest(job: JobKey & Pick<Job, 'bodyHash' | 'expiresAt'>, request: JobRequest): Promise<void> {
    const name = nameOfRequest(job);
    const there = this.#requests.get(name);
    if (there !== undefined && there.expiresAt >= job.expiresAt) return;
    this.#requests.set(name, { ...request, expiresAt: job.expiresAt });
  }

  async commit(job: Job, owner: string, now: number, dueAt: string): Promise<'created' | Job> {
    const there = this.#metas.get(nameOf(job));
    if (there !== undefined && lives(there.job, now)) return there.owner === owner ? 'created' : there.job;
    if (there?.job.open === true) this.#open.remove({ ...keyOf(job), dueAt: there.dueAt });
    this.#metas.set(nameOf(job), { job, owner, dueAt, settledSeen: 0 });
    if (job.open) this.#open.add({ ...keyOf(job), dueAt });
    return 'created';
  }

  async find(key: JobKey, now: number): Promise<Job | undefined> {
    const job = this.#metas.get(nameOf(key))?.job;
    return job !== undefined && lives(job, now) ? job : undefined;
  }

  async request(job: Job): Promise<JobRequest> {
    const request = this.#requests.get(nameOfRequest(job));
    if (request === undefined) {
      throw new InconsistentStoreError('A job has no request.', { jobId: job.jobId });
    }
    return { ids: request.ids, trace: request.trace };
  }

  async results(job: Job): Promise<ChunkResult[]> {
    return [...Array(chunkCount(job)).keys()].flatMap((index) => {
      const failures = this.#results.get(nameOfResult({ ...job, index }))?.failures;
      return failures === undefined ? [] : [{ index, failures }];
    });
  }

  async claim(chunk: ChunkKey, owner: string, now: number, until: number): Promise<Claim> {
    const result = this.#results.get(nameOfResult(chunk));
    if (result?.failures !== undefined) return { kind: 'settled', failures: result.failures };
    if (result !== undefined && result.until > now) {
      return result.owner === owner ? { kind: 'claimed', begun: true } : { kind: 'taken' };
    }
    this.#results.set(nameOfResult(chunk), { owner, until });
    return { kind: 'claimed', begun: result !== undefined };
  }

  async release(chunk: ChunkKey, owner: string, until: number): Promise<void> {
    const result = this.#results.get(nameOfResult(chunk));
    if (result?.owner === owner && result.failures === undefined) result.until = until;
  }

  async settle(
    chunk: ChunkKey,
    owner: string,
    failures: readonly FailureGroup[],
    _now: number,
  ): Promise<boolean> {
    const result = this.#results.get(nameOfResult(chunk));
    if (result?.owner !== owner) return false;
    result.failures ??= failures;
    return true;
  }

  async addSettled(chunk: ChunkKey, broken: boolean): Promise<Job | undefined> {
    return this.#add(chunk, broken)?.job;
  }

  async addOnly(chunk: ChunkKey, broken: boolean, _now: number): Promise<EndedJob | undefined> {
    const meta = this.#add(chunk, broken);
    if (meta === undefined) return undefined;
    const closed = this.#close(meta);
    return { job: meta.job, closed };
  }

  async close(job: Job, _now: number): Promise<boolean> {
    const meta = this.#metas.get(nameOf(job));
    return meta?.job.createdAt === job.createdAt && this.#close(meta);
  }

  async due(now: string, limit: number, after?: DueJob): Promise<DueJob[]> {
    return this.#open.page(now, limit, after);
  }

  async count(limit: number, after?: DueJob): Promise<OpenJobsPage> {
    const page = this.#open.page(undefined, limit, after);
    let oldestCreatedAt: string | undefined;
    for (const due of page) {
      const createdAt = this.#metas.get(nameOf(due))?.job.createdAt;
      if (oldestCreatedAt === undefined || (createdAt ?? '') < oldestCreatedAt) oldestCreatedAt = createdAt;
    }
    return {
      count: page.length,
      oldestCreatedAt,
      next: page.length < limit ? undefined : page.at(-1),
    };
  }

  async postpone(job: Job, from: string, to: string): Promise<{ readonly settledBefore: number } | 'lost'> {
    const meta = this.#metas.get(nameOf(job));
    if (meta === undefined || !meta.job.open || meta.dueAt !== from) return 'lost';
    const settledBefore = meta.settledSeen;
    this.#open.remove({ ...keyOf(job), dueAt: from });
    meta.dueAt = to;
    this.#open.add({ ...keyOf(job), dueAt: to });
    meta.settledSeen = job.settled.size;
    return { settledBefore };
  }

  #add(chunk: ChunkKey, broken: boolean): Meta | undefined {
    const meta = this.#metas.get(nameOf(chunk));
    if (meta?.job.createdAt !== chunk.createdAt) return undefined;
    meta.job = withChunk(meta.job, chunk.index, broken);
    return meta;
  }

  #close(meta: Meta): boolean {
    if (!meta.job.open) return false;
    meta.job = { ...meta.job, open: false };
    this.#open.remove({ ...keyOf(meta.job), dueAt: meta.dueAt });
    return true;
  }
}

function keyOf({ accountId, projectId, jobId }: JobKey): JobKey {
  return { accountId, projectId, jobId };
}

function lives(job: Job, now: number): boolean {
  return job.expiresAt > Math.floor(now / 1000);
}
