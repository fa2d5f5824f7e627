/** Implements the three ports of the jobs table in memory, with the same promises as those on DynamoDB. */
/* eslint-disable @typescript-eslint/require-await -- the port is asynchronous, a map is not */
import { InconsistentStoreError } from '../../../src/domain/errors.ts';
import type { ChunkKey, ChunkResult, FailureGroup, Job, JobKey, Look } from '../../../src/domain/job.ts';
import { countChunks, withSettledChunk } from '../../../src/domain/job.ts';
import type { Chunks, Claim } from '../../../src/ports/chunks.ts';
import type { EndedJob, JobRequest, Jobs } from '../../../src/ports/jobs.ts';
import type { OpenJob, OpenJobs, OpenJobsPage, PageStart } from '../../../src/ports/open-jobs.ts';
import { OpenIndex } from './open-index.ts';

interface Meta {
  job: Job;
  owner: string;
}

interface Result {
  owner: string;
  until: number;
  failures?: readonly FailureGroup[];
}

const makeJobName = ({ accountId, projectId, jobId }: JobKey) => `${accountId}#${projectId}#${jobId}`;

const makeRequestName = (job: JobKey & Pick<Job, 'bodyHash'>) => `${makeJobName(job)}#${job.bodyHash}`;

const makeResultName = (chunk: ChunkKey) => `${makeJobName(chunk)}#${chunk.createdAt}#${chunk.index}`;

export class MemoryJobStore implements Jobs, Chunks, OpenJobs {
  readonly #requests = new Map<string, JobRequest & { readonly expiresAt: number }>();
  readonly #metas = new Map<string, Meta>();
  readonly #results = new Map<string, Result>();
  readonly #open: OpenIndex;

  /** @param index of the open jobs, which may be behind */
  constructor(index = new OpenIndex()) {
    this.#open = index;
  }

  /** Lists the jobs that are open now, whatever the index shows. */
  listOpenJobs(): OpenJob[] {
    return [...this.#metas.values()].flatMap(({ job }) =>
      job.look === undefined ? [] : makeOpenJob(job, job.look),
    );
  }

  /** Whether a request is stored of a job, with whatever ids. */
  hasRequest(job: JobKey): boolean {
    return [...this.#requests.keys()].some((name) => name.startsWith(`${makeJobName(job)}#`));
  }

  // No method awaits anything, so each one is atomic, like a conditional write.

  async saveRequest(job: JobKey & Pick<Job, 'bodyHash' | 'expiresAt'>, request: JobRequest): Promise<void> {
    const name = makeRequestName(job);
    const there = this.#requests.get(name);
    if (there !== undefined && there.expiresAt >= job.expiresAt) return;
    this.#requests.set(name, { ...request, expiresAt: job.expiresAt });
  }

  async commit(job: Job, owner: string, now: number): Promise<'created' | Job> {
    const there = this.#metas.get(makeJobName(job));
    if (there !== undefined && isAlive(there.job, now)) return there.owner === owner ? 'created' : there.job;
    if (there?.job.look !== undefined) this.#open.remove(there.job);
    this.#metas.set(makeJobName(job), { job, owner });
    if (job.look !== undefined) this.#open.put(makeOpenJob(job, job.look));
    return 'created';
  }

  async find(key: JobKey, now: number): Promise<Job | undefined> {
    const job = this.#metas.get(makeJobName(key))?.job;
    return job !== undefined && isAlive(job, now) ? job : undefined;
  }

  async readRequest(job: Job): Promise<JobRequest> {
    const request = this.#requests.get(makeRequestName(job));
    if (request === undefined) {
      throw new InconsistentStoreError('A job has no request.', { jobId: job.jobId });
    }
    return { ids: request.ids, trace: request.trace };
  }

  async readResults(job: Job): Promise<ChunkResult[]> {
    return [...Array(countChunks(job)).keys()].flatMap((index) => {
      const failures = this.#results.get(makeResultName({ ...job, index }))?.failures;
      return failures === undefined ? [] : [{ index, failures }];
    });
  }

  async claim(chunk: ChunkKey, owner: string, now: number, until: number): Promise<Claim> {
    const result = this.#results.get(makeResultName(chunk));
    if (result?.failures !== undefined) return { kind: 'settled', failures: result.failures };
    if (result !== undefined && result.until > now) {
      return result.owner === owner
        ? { kind: 'claimed', begun: true }
        : { kind: 'taken', until: result.until };
    }
    this.#results.set(makeResultName(chunk), { owner, until });
    return { kind: 'claimed', begun: result !== undefined };
  }

  async release(chunk: ChunkKey, owner: string, until: number): Promise<void> {
    const result = this.#results.get(makeResultName(chunk));
    if (result?.owner === owner && result.failures === undefined) result.until = until;
  }

  async settle(
    chunk: ChunkKey,
    owner: string,
    failures: readonly FailureGroup[],
    _now: number,
  ): Promise<boolean> {
    const result = this.#results.get(makeResultName(chunk));
    if (result?.owner !== owner) return false;
    result.failures ??= failures;
    return true;
  }

  async addChunk(chunk: ChunkKey, broken: boolean): Promise<Job | undefined> {
    return this.#add(chunk, broken)?.job;
  }

  async addOnlyChunk(chunk: ChunkKey, broken: boolean, _now: number): Promise<EndedJob | undefined> {
    const meta = this.#add(chunk, broken);
    if (meta === undefined) return undefined;
    const closed = this.#close(meta);
    return { job: meta.job, closed };
  }

  async close(job: Job, _now: number): Promise<boolean> {
    const meta = this.#metas.get(makeJobName(job));
    return meta?.job.createdAt === job.createdAt && this.#close(meta);
  }

  async readShard(shard: number, limit: number, after?: PageStart): Promise<OpenJobsPage> {
    const jobs = this.#open.readPage(shard, limit, after);
    return { jobs, next: jobs.length < limit ? undefined : jobs.at(-1) };
  }

  async readAccount(accountId: number, limit: number): Promise<OpenJob[]> {
    return this.#open.readAccount(accountId, limit);
  }

  async postpone(job: Job & { readonly look: Look }, look: Look): Promise<boolean> {
    const meta = this.#metas.get(makeJobName(job));
    if (meta?.job.createdAt !== job.createdAt || meta.job.look?.dueAt !== job.look.dueAt) return false;
    meta.job = { ...meta.job, look };
    this.#open.put(makeOpenJob(job, look));
    return true;
  }

  #add(chunk: ChunkKey, broken: boolean): Meta | undefined {
    const meta = this.#metas.get(makeJobName(chunk));
    if (meta?.job.createdAt !== chunk.createdAt) return undefined;
    meta.job = withSettledChunk(meta.job, chunk.index, broken);
    return meta;
  }

  #close(meta: Meta): boolean {
    if (meta.job.look === undefined) return false;
    meta.job = { ...meta.job, look: undefined };
    this.#open.remove(meta.job);
    return true;
  }
}

function makeOpenJob(job: Job, { dueAt }: Look): OpenJob {
  const { accountId, projectId, jobId, createdAt, action, total } = job;
  return { accountId, projectId, jobId, createdAt, dueAt, action, total };
}

function isAlive(job: Job, now: number): boolean {
  return job.expiresAt > Math.floor(now / 1000);
}
