/** Design mistakes, each planted into the shipped use cases: the auditor must see every one of them. */
import { createJob } from '../../../src/application/create-job.ts';
import { cutIntoChunks } from '../../../src/application/cut-into-chunks.ts';
import { hashIds } from '../../../src/domain/digest.ts';
import { type FailureGroup, type Job, canonicalIds, chunkCount } from '../../../src/domain/job.ts';
import type { Chunks } from '../../../src/ports/chunks.ts';
import type { JobRequest, Jobs } from '../../../src/ports/jobs.ts';
import type { TargetGroups } from '../../../src/ports/target-groups.ts';
import { override } from '../../support/intercept.ts';
import type { JobStore } from '../../support/job-store.ts';
import { rushProfile, zombieProfile } from './profile.ts';
import type { System } from './system.ts';
import { SECOND } from './timing.ts';

export interface PlantedBug {
  readonly name: string;
  /** How many schedules, from seed 1 on, it took to see the bug at first. Changes of the code shift this. */
  readonly schedules: number;
  readonly plant: (sound: System) => System;
  /** By default random schedules of all kinds. */
  readonly profile?: typeof rushProfile;
}

export const PLANTED_BUGS: readonly PlantedBug[] = [
  { name: 'a counter of settled chunks instead of a set', schedules: 1, plant: withJobs(countingJobs) },
  {
    name: 'a set of settled chunks that a second add toggles: an ended job reopens',
    schedules: 1,
    plant: withJobs(togglingJobs),
  },
  { name: 'messages sent before the job is committed', schedules: 1, plant: sendBeforeCommit },
  { name: 'no condition on the commit', schedules: 1, plant: withJobs(overwritingCommit) },
  {
    name: 'no condition on the result',
    schedules: 9,
    plant: withStore(overwritingResults),
    profile: zombieProfile,
  },
  { name: 'a job id drawn at random', schedules: 1, plant: randomJobId },
  { name: 'a 201 before the commit', schedules: 1, plant: answerEarly },
  { name: 'no check of the body on a repeat', schedules: 22, plant: anyBody },
  { name: 'a job that is not in the index of open jobs', schedules: 2, plant: withJobs(unindexedJobs) },
  { name: 'a chunk of several taken for the only one', schedules: 41, plant: withJobs(onlyChunks) },
  { name: 'a target group without the mark of its job', schedules: 15, plant: withGroups(unmarkedGroups) },
  { name: 'a failed move taken for a success', schedules: 2, plant: withGroups(hopefulGroups) },
  {
    name: "a claim shorter than the function's timeout",
    schedules: 91,
    plant: (sound) => ({ ...sound, workerClaimMs: 5 * SECOND }),
    profile: rushProfile,
  },
  {
    name: "a claim that outlives its function by less than the clocks' skew",
    schedules: 569,
    plant: (sound) => ({ ...sound, workerClaimMs: 31 * SECOND }),
    profile: rushProfile,
  },
  {
    name: 'a claim that never ends',
    schedules: 3,
    plant: (sound) => ({ ...sound, workerClaimMs: Number.MAX_SAFE_INTEGER / 2 }),
  },
  {
    name: 'a reconcile that takes chunks from their workers',
    schedules: 91,
    plant: stealingReconcile,
    profile: rushProfile,
  },
  { name: 'a reconcile that sends nothing again', schedules: 36, plant: silentReconcile },
  { name: 'a reconcile that skips jobs with some settled chunks', schedules: 41, plant: partialReconcile },
  {
    name: 'a batch answer that acknowledges a failure',
    schedules: 2,
    plant: (sound) => ({ ...sound, acknowledges: () => true }),
  },
];

function withJobs(change: (jobs: Jobs) => Partial<Jobs>): PlantedBug['plant'] {
  return withStore(({ jobs, ...rest }) => ({ ...rest, jobs: override(jobs, change(jobs)) }));
}

function withStore(change: (store: JobStore) => JobStore): PlantedBug['plant'] {
  return (sound) => ({ ...sound, store: change(sound.store) });
}

function withGroups(change: (groups: TargetGroups) => Partial<TargetGroups>): PlantedBug['plant'] {
  return (sound) => ({ ...sound, groups: override(sound.groups, change(sound.groups)) });
}

/** Replaces the set of settled chunks of every job that is read. */
function seenThrough(jobs: Jobs, settledOf: (job: Job) => ReadonlySet<number>): Partial<Jobs> {
  const see = <T extends Job | undefined>(job: T) => job && { ...job, settled: settledOf(job) };
  return {
    find: async (key, now) => see(await jobs.find(key, now)),
    addSettled: async (chunk, broken) => see(await jobs.addSettled(chunk, broken)),
  };
}

function countingJobs(jobs: Jobs): Partial<Jobs> {
  const counts = new Map<string, number>();
  const seen = seenThrough(jobs, (job) => {
    const count = Math.min(counts.get(job.jobId) ?? 0, chunkCount(job));
    return new Set(Array.from({ length: count }, (_, index) => index));
  });
  return {
    ...seen,
    addSettled: (chunk, broken) => {
      counts.set(chunk.jobId, (counts.get(chunk.jobId) ?? 0) + 1);
      return seen.addSettled?.(chunk, broken) ?? Promise.resolve(undefined);
    },
  };
}

function togglingJobs(jobs: Jobs): Partial<Jobs> {
  const adds = new Map<string, number>();
  const seen = seenThrough(
    jobs,
    (job) => new Set([...job.settled].filter((index) => (adds.get(`${job.jobId}#${index}`) ?? 0) % 2 === 1)),
  );
  return {
    ...seen,
    addSettled: (chunk, broken) => {
      const name = `${chunk.jobId}#${chunk.index}`;
      adds.set(name, (adds.get(name) ?? 0) + 1);
      return seen.addSettled?.(chunk, broken) ?? Promise.resolve(undefined);
    },
  };
}

function sendBeforeCommit(sound: System): System {
  return {
    ...sound,
    createJob: (deps, creation) => {
      let request: JobRequest = { ids: [], trace: creation.trace };
      const jobs = override(deps.jobs, {
        saveRequest: (job, saved) => {
          request = saved;
          return deps.jobs.saveRequest(job, saved);
        },
        commit: async (job, owner, now, dueAt) => {
          const indexes = Array.from({ length: chunkCount(job) }, (_, index) => index);
          await deps.queue.send(cutIntoChunks(job, request.ids, indexes, request.trace), creation.answerBy);
          return deps.jobs.commit(job, owner, now, dueAt);
        },
      });
      return createJob({ ...deps, jobs, queue: { send: () => Promise.resolve() } }, creation);
    },
  };
}

/** Commits with a clock at the end of time: the life of an existing job has then ended, so it is replaced. */
function overwritingCommit(jobs: Jobs): Partial<Jobs> {
  return {
    commit: (job, owner, _now, dueAt) => jobs.commit(job, owner, Number.MAX_SAFE_INTEGER, dueAt),
  };
}

function overwritingResults(store: JobStore): JobStore {
  const { chunks } = store;
  const latest = new Map<string, readonly FailureGroup[]>();
  const name = (chunk: { jobId: string; createdAt: string }, index: number) =>
    `${chunk.jobId}#${chunk.createdAt}#${index}`;
  const overwriting = override(chunks, {
    settle: async (chunk, owner, failures, now) => {
      await chunks.settle(chunk, owner, failures, now);
      latest.set(name(chunk, chunk.index), failures);
      return true;
    },
    results: (job) =>
      Promise.resolve(
        Array.from({ length: chunkCount(job) }, (_, index) => ({
          index,
          failures: latest.get(name(job, index)) ?? [],
        })),
      ),
  });
  return { ...store, chunks: overwriting };
}

/** Adds the owner, which differs between attempts, to the key: each attempt then derives another job id. */
function randomJobId(sound: System): System {
  return {
    ...sound,
    createJob: (deps, creation) => {
      const { key } = creation;
      const drawn = { ...key, idempotencyKey: `${key.idempotencyKey} ${creation.owner}` };
      const once = {
        run: (_drawn: unknown, hash: string, work: Parameters<typeof deps.once.run>[2]) =>
          deps.once.run(key, hash, work),
      };
      return createJob({ ...deps, once }, { ...creation, key: drawn });
    },
  };
}

function answerEarly(sound: System): System {
  return {
    ...sound,
    createJob: (deps, creation) =>
      new Promise((resolve, reject) => {
        const jobs = override(deps.jobs, {
          saveRequest: (job, request) => {
            resolve({ jobId: job.jobId, replayed: false });
            return deps.jobs.saveRequest(job, request);
          },
        });
        createJob({ ...deps, jobs }, creation).then(resolve, reject);
      }),
  };
}

function anyBody(sound: System): System {
  return {
    ...sound,
    createJob: (deps, creation) => {
      const bodyHash = hashIds(canonicalIds(creation.targetGroupIds));
      const jobs = override(deps.jobs, {
        find: async (key, now) => {
          const job = await deps.jobs.find(key, now);
          return job && { ...job, bodyHash };
        },
        commit: async (job, owner, now, dueAt) => {
          const committed = await deps.jobs.commit(job, owner, now, dueAt);
          return committed === 'created' ? committed : { ...committed, bodyHash };
        },
      });
      const once = {
        run: (key: typeof creation.key, _hash: string, work: Parameters<typeof deps.once.run>[2]) =>
          deps.once.run(key, '', work),
      };
      return createJob({ ...deps, jobs, once }, creation);
    },
  };
}

function unindexedJobs(jobs: Jobs): Partial<Jobs> {
  return { commit: (job, owner, now, dueAt) => jobs.commit({ ...job, open: false }, owner, now, dueAt) };
}

function onlyChunks(jobs: Jobs): Partial<Jobs> {
  return { addSettled: async (chunk, broken) => (await jobs.addOnly(chunk, broken, 0))?.job };
}

function unmarkedGroups(groups: TargetGroups): Partial<TargetGroups> {
  let moves = 0;
  return {
    move: (key, move) => {
      moves += 1;
      return groups.move(key, { ...move, mark: `nobody's ${moves}` });
    },
  };
}

function hopefulGroups(groups: TargetGroups): Partial<TargetGroups> {
  let tries = 0;
  return {
    // Every third move is not made, and reported as a success.
    move: (key, move) => {
      tries += 1;
      return tries % 3 === 0 ? Promise.resolve(true) : groups.move(key, move);
    },
  };
}

/** Takes over every claim past the deadline, even one that a worker still holds. */
function stealingReconcile(sound: System): System {
  return {
    ...sound,
    reconcile: (deps, run) => {
      const claim: Chunks['claim'] = (chunk, by, _now, until) =>
        deps.chunks.claim(chunk, by, Number.MAX_SAFE_INTEGER, until);
      return sound.reconcile({ ...deps, chunks: override(deps.chunks, { claim }) }, run);
    },
  };
}

function silentReconcile(sound: System): System {
  return {
    ...sound,
    reconcile: (deps, run) => sound.reconcile({ ...deps, queue: { send: () => Promise.resolve() } }, run),
  };
}

function partialReconcile(sound: System): System {
  return {
    ...sound,
    reconcile: (deps, run) => {
      const find: Jobs['find'] = async (key, now) => {
        const job = await deps.jobs.find(key, now);
        return job !== undefined && job.settled.size > 0 && job.settled.size < chunkCount(job)
          ? undefined
          : job;
      };
      return sound.reconcile({ ...deps, jobs: override(deps.jobs, { find }) }, run);
    },
  };
}
