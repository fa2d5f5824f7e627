/** Creates a bulk job: once, however often and however concurrently it is asked for, and whatever crashes. */
import { type CreationKey, deriveJobId, hashIds } from '../domain/digest.ts';
import { IdempotencyKeyReusedError, ProjectNotFoundError } from '../domain/errors.ts';
import type { Tenant } from '../domain/ids.ts';
import { type Job, canonicalIds, chunkCount } from '../domain/job.ts';
import { timestamp } from '../domain/time.ts';
import type { Clock } from '../ports/clock.ts';
import type { Jobs, Trace } from '../ports/jobs.ts';
import type { Journal } from '../ports/journal.ts';
import type { Created, Once } from '../ports/once.ts';
import type { TargetGroups } from '../ports/target-groups.ts';
import type { WorkQueue } from '../ports/work-queue.ts';
import { cutIntoChunks } from './cut-into-chunks.ts';
import { withSubject } from './with-subject.ts';

export interface CreateJobDeps {
  readonly jobs: Jobs;
  readonly queue: WorkQueue;
  readonly once: Once;
  readonly clock: Clock;
  readonly journal: Journal;
  readonly settings: {
    /** Target groups per chunk. */
    readonly chunkSize: number;
    readonly retentionSeconds: number;
    /** How long a job may stand still before reconcile looks after it. */
    readonly stalledSeconds: number;
  };
}

export interface Creation {
  readonly key: CreationKey;
  /** As the client sent them: any order, with duplicates. */
  readonly targetGroupIds: readonly string[];
  /** A UUID. */
  readonly createdBy: string;
  readonly trace: Trace;
  /** Names this very attempt; no two attempts share a name. */
  readonly owner: string;
  /** Epoch ms by which the answer must be given, whether or not the fan-out is through. */
  readonly answerBy: number;
}

/** @throws ProjectNotFoundError when the account has no such project */
export async function requireProject(groups: TargetGroups, tenant: Tenant): Promise<void> {
  if (!(await groups.projectExists(tenant))) {
    throw new ProjectNotFoundError('The account has no such project.', { ...tenant });
  }
}

/**
 * Creates the job, or finds it created. When it returns, the job is accepted: it will end.
 *
 * Three things repeat a creation, and each lands on the same job because its id is derived from the key:
 * a client that repeats the call (`once` remembers it), a client that repeats it while the first call is
 * under way, and a repeat after `once` has lost its memory (for both the commit decides).
 *
 * @throws IdempotencyKeyReusedError when the key was used with other target groups
 */
export async function createJob(given: CreateJobDeps, creation: Creation): Promise<Created> {
  const ids = canonicalIds(creation.targetGroupIds);
  const bodyHash = hashIds(ids);
  const jobId = deriveJobId(creation.key);
  const { accountId, projectId, action } = creation.key;
  const deps = withSubject(given, { accountId, projectId, action, jobId });

  // The fan-out runs beside the writing of the memory: once the job is committed neither needs the other.
  let fanOut = Promise.resolve();
  const work = async (): Promise<Created> => {
    const committed = await commitJob(deps, creation, { jobId, bodyHash, ids });
    fanOut = committed.fanOut;
    return { jobId, replayed: committed.replayed };
  };

  const result = await deps.once.run(creation.key, bodyHash, work);
  if (result.kind === 'unknown') {
    deps.journal.note({ event: 'idempotency.bypassed', jobId, cause: result.cause });
  }
  const created = result.kind === 'ran' ? result.created : await findOrCreate();
  await fanOut;
  if (created.replayed) deps.journal.note({ event: 'job.replayed', jobId, accountId, projectId });
  return created;

  /**
   * Replayed: the job is there, unless its life has ended before that of the memory. Unknown: whoever is at
   * it may be done by now. Where the job is not there, the same creation runs here: of all that do, one
   * commits.
   */
  async function findOrCreate(): Promise<Created> {
    const existing = await deps.jobs.find({ accountId, projectId, jobId }, deps.clock.now());
    return existing === undefined ? work() : replayOf(existing, bodyHash);
  }
}

async function commitJob(
  deps: CreateJobDeps,
  creation: Creation,
  { jobId, bodyHash, ids }: { jobId: string; bodyHash: string; ids: readonly string[] },
): Promise<{ replayed: boolean; fanOut: Promise<void> }> {
  const { jobs, clock, journal, settings } = deps;
  const now = clock.now();
  const { accountId, projectId, action } = creation.key;
  const job: Job = {
    jobId,
    accountId,
    projectId,
    action,
    createdAt: timestamp(now),
    createdBy: creation.createdBy,
    bodyHash,
    total: ids.length,
    chunkSize: settings.chunkSize,
    expiresAt: Math.floor(now / 1000) + settings.retentionSeconds,
    settled: new Set(),
    broken: new Set(),
    open: true,
  };

  //  request saved ──► job committed ──► messages sent
  //      ▲ a crash here     ▲ a crash here     ▲ a crash here
  //      leaves an item     leaves a job that  leaves a job that has some of its messages:
  //      that expires       has no message:    reconcile sends those of the unsettled chunks
  //                         reconcile sends
  await jobs.saveRequest(job, { ids, trace: creation.trace });
  const committed = await jobs.commit(
    job,
    creation.owner,
    now,
    timestamp(now + settings.stalledSeconds * 1000),
  );
  if (committed !== 'created') {
    journal.note({ event: 'race.lost', race: 'commit', jobId });
    return { ...replayOf(committed, bodyHash), fanOut: Promise.resolve() };
  }
  journal.note({
    event: 'job.created',
    jobId,
    accountId,
    projectId,
    action,
    targetGroups: job.total,
    chunks: chunkCount(job),
  });
  return { replayed: false, fanOut: sendAll(deps, job, ids, creation) };
}

function replayOf(existing: Job, bodyHash: string): Created {
  if (existing.bodyHash !== bodyHash) {
    throw new IdempotencyKeyReusedError('The idempotency key was used with other target groups.', {
      jobId: existing.jobId,
    });
  }
  return { jobId: existing.jobId, replayed: true };
}

/** Sends every chunk of a job that was just committed. Never throws: the job is accepted, reconcile finishes it. */
async function sendAll(
  { queue, journal }: CreateJobDeps,
  job: Job,
  ids: readonly string[],
  { trace, answerBy }: Creation,
): Promise<void> {
  const indexes = [...Array(chunkCount(job)).keys()];
  try {
    await queue.send(cutIntoChunks(job, ids, indexes, trace), answerBy);
    journal.note({ event: 'fan-out.sent', jobId: job.jobId, chunks: indexes.length });
  } catch (cause) {
    journal.note({ event: 'fan-out.failed', jobId: job.jobId, cause });
  }
}
