/** Creates a bulk job exactly once, even if calls are repeated, overlap, or crash (ADR 1, ADR 2). */
import { type CreationKey, deriveJobId, hashIds } from '../domain/digest.ts';
import { IdempotencyKeyReusedError, ProjectNotFoundError } from '../domain/errors.ts';
import type { Tenant } from '../domain/ids.ts';
import { type Job, canonicalizeIds, countChunks } from '../domain/job.ts';
import { formatTimestamp } from '../domain/time.ts';
import type { Clock } from '../ports/clock.ts';
import type { Jobs, Trace } from '../ports/jobs.ts';
import type { Journal } from '../ports/journal.ts';
import type { Created, Once } from '../ports/once.ts';
import type { TargetGroups } from '../ports/target-groups.ts';
import type { ChunkWork, WorkQueue } from '../ports/work-queue.ts';
import type { Admission, Refusal } from './admission.ts';
import { cutIntoChunks } from './cut-into-chunks.ts';
import { withSubject } from './with-subject.ts';

export interface CreateJobDeps {
  readonly jobs: Jobs;
  readonly queue: WorkQueue<ChunkWork>;
  readonly once: Once;
  readonly groups: TargetGroups;
  readonly admission: Pick<Admission, 'decide' | 'count'>;
  readonly clock: Clock;
  readonly journal: Journal;
  readonly settings: {
    /** Target groups per chunk. */
    readonly chunkSize: number;
    readonly retentionSeconds: number;
    /** Seconds without progress after which a job is stalled and its unsettled chunks are sent again. */
    readonly stalledSeconds: number;
    /** Age of a job at its deadline, seconds. */
    readonly deadlineSeconds: number;
  };
}

export interface Creation {
  readonly key: CreationKey;
  /** The ids as the client sent them: in any order, with duplicates. */
  readonly targetGroupIds: readonly string[];
  /** The user who creates the job, a UUID. */
  readonly createdBy: string;
  readonly trace: Trace;
  /** Unique name of this attempt. */
  readonly owner: string;
  /** Epoch ms by which the call must be answered, even if some chunks are not sent yet. */
  readonly answerBy: number;
}

/** @throws ProjectNotFoundError when the account has no such project */
export async function requireProject(groups: TargetGroups, tenant: Tenant): Promise<void> {
  if (!(await groups.projectExists(tenant))) {
    throw new ProjectNotFoundError('The account has no such project.', { ...tenant });
  }
}

/**
 * Creates the job, or finds the job of an earlier call with the same key. When it returns, the job is
 * accepted, and an accepted job always ends.
 *
 * Every repeat leads to the same job, because the job id is derived from the key. A repeat of a finished call
 * is answered from what `once` remembers. For a repeat that runs at the same time as the first call, or after
 * `once` has lost its record, the commit decides.
 *
 * The limits are checked last, and a refusal writes nothing: a call that was accepted once is answered as
 * before, also at the limit, and a refused call can be repeated with the same key.
 *
 * @throws ProjectNotFoundError when the account has no such project
 * @throws IdempotencyKeyReusedError when the key was used with other target groups
 * @throws TooManyRequestsError, ServiceUnavailableError when a limit on open jobs is reached
 */
export async function createJob(baseDeps: CreateJobDeps, creation: Creation): Promise<Created> {
  const ids = canonicalizeIds(creation.targetGroupIds);
  const bodyHash = hashIds(ids);
  const jobId = deriveJobId(creation.key);
  const { accountId, projectId, action } = creation.key;
  const deps = withSubject(baseDeps, { accountId, projectId, action, jobId });

  // The chunks are sent while `once` writes its record. After the commit neither needs the other.
  let fanOut = Promise.resolve();
  const commitAndStartFanOut = async (): Promise<Created> => {
    const committed = await commitJob(deps, creation, { jobId, bodyHash, ids });
    fanOut = committed.fanOut;
    return { jobId, replayed: committed.replayed };
  };

  const deciding = deps.admission.decide(accountId, ids.length);
  // Waits for both: Lambda would freeze what is left of the other one once the request is answered.
  await requireProject(deps.groups, creation.key).finally(() => deciding);
  const refusal = await deciding;
  if (refusal !== undefined) return replayOrRefuse(refusal);

  const result = await deps.once.run(creation.key, bodyHash, commitAndStartFanOut);
  if (result.kind === 'unknown') {
    deps.journal.note({ event: 'idempotency.bypassed', jobId, cause: result.cause });
  }
  const created = result.kind === 'ran' ? result.created : await findOrCreate();
  await fanOut;
  if (created.replayed) deps.journal.note({ event: 'job.replayed', jobId, accountId, projectId });
  return created;

  async function replayOrRefuse({ limit, error }: Refusal): Promise<Created> {
    const existing = await deps.jobs.find({ accountId, projectId, jobId }, deps.clock.now());
    if (existing === undefined) {
      deps.journal.note({ event: 'job.refused', jobId, limit, targetGroups: ids.length });
      throw error;
    }
    const replay = makeReplay(existing, bodyHash);
    deps.journal.note({ event: 'job.replayed', jobId, accountId, projectId });
    return replay;
  }

  /**
   * `replayed`: the job exists, unless its life ended before that of the idempotency record. `unknown`:
   * another attempt may have created it by now. If there is no job, the creation runs here; only one attempt
   * can commit.
   */
  async function findOrCreate(): Promise<Created> {
    const existing = await deps.jobs.find({ accountId, projectId, jobId }, deps.clock.now());
    return existing === undefined ? commitAndStartFanOut() : makeReplay(existing, bodyHash);
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
    createdAt: formatTimestamp(now),
    deadlineAt: formatTimestamp(now + settings.deadlineSeconds * 1000),
    createdBy: creation.createdBy,
    bodyHash,
    total: ids.length,
    chunkSize: settings.chunkSize,
    expiresAt: Math.floor(now / 1000) + settings.retentionSeconds,
    settled: new Set(),
    broken: new Set(),
    look: {
      dueAt: formatTimestamp(now + settings.stalledSeconds * 1000),
      settled: 0,
      resends: 0,
      giveUps: 0,
    },
  };

  // What a crash leaves behind:
  //
  //  request saved ──► job committed ──► messages sent
  //      ▲ a crash here     ▲ a crash here     ▲ a crash here
  //      leaves an item     leaves a job that  leaves a job that has some of its messages:
  //      that expires       has no message:    reconcile sends those of the unsettled chunks
  //                         reconcile sends
  await jobs.saveRequest(job, { ids, trace: creation.trace });
  const committed = await jobs.commit(job, creation.owner, now);
  if (committed !== 'created') {
    journal.note({ event: 'race.lost', race: 'commit', jobId });
    return { ...makeReplay(committed, bodyHash), fanOut: Promise.resolve() };
  }
  journal.note({
    event: 'job.created',
    jobId,
    accountId,
    projectId,
    action,
    targetGroups: job.total,
    chunks: countChunks(job),
  });
  const started = [sendAllChunks(deps, job, ids, creation), deps.admission.count(job.total)];
  return { replayed: false, fanOut: Promise.all(started).then(() => undefined) };
}

function makeReplay(existing: Job, bodyHash: string): Created {
  if (existing.bodyHash !== bodyHash) {
    throw new IdempotencyKeyReusedError('The idempotency key was used with other target groups.', {
      jobId: existing.jobId,
    });
  }
  return { jobId: existing.jobId, replayed: true };
}

/** Sends every chunk of a committed job. Never throws: reconcile sends the chunks that are missing. */
async function sendAllChunks(
  { queue, journal }: CreateJobDeps,
  job: Job,
  ids: readonly string[],
  { trace, answerBy }: Creation,
): Promise<void> {
  const indexes = [...Array(countChunks(job)).keys()];
  try {
    await queue.send(cutIntoChunks(job, ids, indexes, trace), { until: answerBy });
    journal.note({ event: 'fan-out.sent', jobId: job.jobId, chunks: indexes.length });
  } catch (cause) {
    journal.note({ event: 'fan-out.failed', jobId: job.jobId, cause });
  }
}
