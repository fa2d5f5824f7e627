/** Design mistakes, each planted into the shipped use cases: the auditor must see every one of them. */
import type { AdmissionDeps, Refusal } from '../../../src/application/admission.ts';
import { createJob } from '../../../src/application/create-job.ts';
import { cutIntoChunks } from '../../../src/application/cut-into-chunks.ts';
import { deriveJobId, hashIds } from '../../../src/domain/digest.ts';
import { ServiceUnavailableError, TooManyRequestsError } from '../../../src/domain/errors.ts';
import { LATE_WRITES_MS } from '../../../src/domain/late-writes.ts';
import { type FailureGroup, type Job, canonicalizeIds, countChunks } from '../../../src/domain/job.ts';
import type { Backlog } from '../../../src/ports/backlog.ts';
import type { Chunks } from '../../../src/ports/chunks.ts';
import type { JobRequest, Jobs } from '../../../src/ports/jobs.ts';
import type { OpenJobs, OpenJobsPage } from '../../../src/ports/open-jobs.ts';
import type { TargetGroups } from '../../../src/ports/target-groups.ts';
import type { ChunkWork, WorkQueue } from '../../../src/ports/work-queue.ts';
import { override } from '../../support/intercept.ts';
import type { JobStore } from '../../support/jobs-table-ports.ts';
import {
  makeDeadWorkersProfile,
  makeFairnessProfile,
  makeFloodProfile,
  makeHangingProfile,
  makeKilledProfile,
  makeLateWritesProfile,
  makeLimitsProfile,
  makeMeetingProfile,
  makeRushProfile,
  makeZombieProfile,
} from './profile.ts';
import type { UseCases } from './shipped-use-cases.ts';
import { MAX_SKEW_MS, SECOND, WORKER_CLAIM_MS } from './simulated-times.ts';

export interface PlantedBug {
  readonly name: string;
  /** How many schedules, from seed 1 on, it took to see the bug at first. Changes of the code shift this. */
  readonly schedules: number;
  readonly plant: (sound: UseCases) => UseCases;
  /** By default random schedules of all kinds. */
  readonly profile?: typeof makeRushProfile;
}

export const PLANTED_BUGS: readonly PlantedBug[] = [
  { name: 'a counter of settled chunks instead of a set', schedules: 1, plant: plantInJobs(countAdds) },
  {
    name: 'a set of settled chunks that a second add toggles: an ended job reopens',
    schedules: 1,
    plant: plantInJobs(toggleAdds),
  },
  { name: 'messages sent before the job is committed', schedules: 1, plant: sendBeforeCommit },
  { name: 'no condition on the commit', schedules: 2, plant: plantInJobs(overwriteJob) },
  {
    name: 'no condition on the result',
    schedules: 11,
    plant: plantInStore(overwriteResults),
    profile: makeZombieProfile,
  },
  { name: 'a job id drawn at random', schedules: 2, plant: drawJobId },
  { name: 'a 201 before the commit', schedules: 1, plant: answerEarly },
  { name: 'no check of the body on a repeat', schedules: 6, plant: acceptAnyBody },
  { name: 'a job that is not in the index of open jobs', schedules: 1, plant: plantInJobs(skipIndex) },
  { name: 'a chunk of several taken for the only one', schedules: 64, plant: plantInJobs(addAsOnlyChunk) },
  { name: 'a target group without the mark of its job', schedules: 7, plant: plantInGroups(replaceMark) },
  { name: 'a failed move taken for a success', schedules: 1, plant: plantInGroups(ignoreRefusals) },
  {
    name: "a claim shorter than the function's timeout",
    schedules: 1,
    plant: (sound) => ({ ...sound, workerClaimMs: 5 * SECOND }),
    profile: makeKilledProfile,
  },
  {
    name: "a claim that outlives its function by less than the clocks' skew",
    schedules: 9,
    plant: (sound) => ({ ...sound, workerClaimMs: 31 * SECOND }),
    profile: makeKilledProfile,
  },
  {
    name: 'a claim that allows for half of the skew',
    schedules: 46,
    plant: (sound) => ({ ...sound, workerClaimMs: WORKER_CLAIM_MS - MAX_SKEW_MS }),
    profile: makeKilledProfile,
  },
  {
    name: 'a claim that does not outlast the last write',
    schedules: 46,
    plant: (sound) => ({ ...sound, workerClaimMs: WORKER_CLAIM_MS - LATE_WRITES_MS }),
    profile: makeKilledProfile,
  },
  {
    name: 'late writes that count as arrived after half of their time',
    schedules: 8,
    plant: (sound) => ({
      ...plantInWait(0.5)(plantInHandBack(0.5, 0)(sound)),
      workerClaimMs: WORKER_CLAIM_MS - LATE_WRITES_MS / 2,
    }),
    profile: makeLateWritesProfile,
  },
  {
    name: 'a refusal that does not wait for late writes',
    schedules: 1,
    plant: plantInWait(0),
    profile: makeLateWritesProfile,
  },
  {
    name: 'a refusal that waits for half of the late writes',
    schedules: 8,
    plant: plantInWait(0.5),
    profile: makeLateWritesProfile,
  },
  {
    name: 'a chunk that is handed back without a wait for late writes',
    schedules: 5,
    plant: plantInHandBack(0, 0),
    profile: makeLateWritesProfile,
  },
  {
    name: 'a chunk that is handed back after half of the late writes',
    schedules: 11,
    plant: plantInHandBack(0.5, 0),
    profile: makeLateWritesProfile,
  },
  {
    name: "a chunk that is handed back at once, with late writes left to the next worker's clock",
    schedules: 77,
    plant: plantInHandBack(0, LATE_WRITES_MS),
    profile: makeLateWritesProfile,
  },
  {
    name: 'a claim that never ends',
    schedules: 3,
    plant: (sound) => ({ ...sound, workerClaimMs: Number.MAX_SAFE_INTEGER / 2 }),
  },
  {
    name: 'a give-up that takes chunks from their workers',
    schedules: 16,
    plant: stealClaims,
    profile: makeMeetingProfile,
  },
  {
    name: 'a worker that moves past the deadline',
    schedules: 3,
    plant: moveAlways,
    profile: makeRushProfile,
  },
  {
    name: 'a worker that reads between its look at the clock and its move',
    schedules: 37,
    plant: readAfterClock,
    profile: makeRushProfile,
  },
  {
    name: 'a give-up that is taken for work',
    schedules: 1,
    plant: moveGiveUps,
    profile: makeDeadWorkersProfile,
  },
  {
    name: 'a give-up that is deleted because its chunk is claimed',
    schedules: 21,
    plant: dropGiveUps,
    profile: makeDeadWorkersProfile,
  },
  {
    name: 'a reconcile that gives up before the deadline',
    schedules: 1,
    plant: plantInLooks(hurryDeadline),
    profile: makeDeadWorkersProfile,
  },
  {
    name: 'a reconcile that forgets how often it has sent chunks again',
    schedules: 1,
    plant: plantInLooks(forgetResends),
    profile: makeDeadWorkersProfile,
  },
  {
    name: 'a reconcile that never settles a chunk itself',
    schedules: 5,
    plant: settleNothing,
    profile: makeDeadWorkersProfile,
  },
  {
    name: 'a reconcile that reads half of the shards',
    schedules: 23,
    plant: plantInPass((page, shard) => (shard % 2 === 0 ? page : { jobs: [], next: undefined })),
    profile: makeDeadWorkersProfile,
  },
  {
    name: 'a reconcile whose accounts do not take turns',
    schedules: 1,
    plant: lookWithoutTurns,
    profile: makeFloodProfile,
  },
  {
    name: 'a resend that is withheld because of the messages of other accounts',
    schedules: 1,
    plant: plantInPass(seeBacklogEverywhere),
    profile: makeFloodProfile,
  },
  {
    name: 'a reconcile that sends again into a full queue',
    schedules: 1,
    plant: seeEmptyQueue,
    profile: makeFloodProfile,
  },
  { name: 'a reconcile that sends nothing again', schedules: 1, plant: sendNothingAgain },
  { name: 'a reconcile that skips jobs with some settled chunks', schedules: 15, plant: skipStartedJobs },
  {
    name: 'a reconcile that gives up what it had no time to read',
    schedules: 6,
    plant: giveUpForTime,
    profile: makeHangingProfile,
  },
  {
    name: 'an admission that forgets to count',
    schedules: 9,
    plant: plantInAdmission((admission) => ({ ...admission, count: () => Promise.resolve() })),
    profile: makeLimitsProfile,
  },
  {
    name: 'an admission that counts each job as the smallest one that is always counted',
    schedules: 9,
    plant: plantInAdmission((admission) => ({
      ...admission,
      count: (targetGroups) => admission.count(Math.min(targetGroups, 1_000)),
    })),
    profile: makeLimitsProfile,
  },
  {
    name: 'an admission that counts ended jobs for ever',
    schedules: 1,
    plant: plantInBacklog(addForEver),
    profile: makeLimitsProfile,
  },
  {
    name: 'an admission that goes by the last pass, without what was accepted since',
    schedules: 9,
    plant: plantInBacklog(goByPass),
    profile: makeLimitsProfile,
  },
  {
    name: 'a pass that takes the place of what the index does not show yet',
    schedules: 52,
    plant: plantInBacklog((backlog) => ({
      savePass: (targetGroups, at) => backlog.savePass(targetGroups, at + 20 * SECOND),
    })),
    profile: makeLimitsProfile,
  },
  {
    name: 'an estimate that is used for half a minute',
    schedules: 9,
    plant: keepEstimates,
    profile: makeLimitsProfile,
  },
  {
    name: 'an estimate that refuses everybody when it cannot be read',
    schedules: 1,
    plant: refuseUnknown,
    profile: makeLimitsProfile,
  },
  {
    name: "an admission that ignores the account's limit",
    schedules: 3,
    plant: (sound) => ({
      ...sound,
      makeAdmission: (deps) => {
        const openJobs = { readAccount: () => Promise.resolve([]) };
        return sound.makeAdmission({ ...deps, openJobs });
      },
    }),
    profile: makeLimitsProfile,
  },
  {
    name: 'an admission that refuses an account for the jobs of another one',
    schedules: 3,
    plant: refuseNeighbours,
    profile: makeLimitsProfile,
  },
  {
    name: 'an admission that remembers a refusal for ever',
    schedules: 3,
    plant: plantInAdmission(rememberRefusals),
    profile: makeLimitsProfile,
  },
  {
    name: 'a repeat of an accepted call that is refused at the limit',
    schedules: 1,
    plant: refuseRepeats,
    profile: makeLimitsProfile,
  },
  {
    name: 'a refusal that leaves an idempotency record',
    schedules: 1,
    plant: recordRefusals,
    profile: makeLimitsProfile,
  },
  {
    name: 'a limit that is checked after the request was saved',
    schedules: 1,
    plant: decideLate,
    profile: makeLimitsProfile,
  },
  {
    name: 'workers that move an eighth of what the limits count on',
    schedules: 1,
    plant: moveSlowly,
    profile: makeLimitsProfile,
  },
  {
    name: 'a worker that leaves the index of open jobs to reconcile',
    schedules: 1,
    plant: leaveJobsOpen,
    profile: makeLimitsProfile,
  },
  {
    name: 'an end that everybody reports who finds it',
    schedules: 2,
    plant: plantInStore((store) => reportEnds(store, true)),
  },
  {
    name: 'an end that nobody reports',
    schedules: 1,
    plant: plantInStore((store) => reportEnds(store, false)),
    profile: makeFairnessProfile,
  },
  {
    name: 'a result that is reported by an owner that has lost its chunk',
    schedules: 1,
    plant: plantInStore(({ chunks, ...store }) => ({
      ...store,
      chunks: override(chunks, { settle: (...args) => chunks.settle(...args).then(() => true) }),
    })),
    profile: makeZombieProfile,
  },
  {
    name: 'messages that are all of one group',
    schedules: 1,
    plant: (sound) => ({ ...sound, getMessageGroup: () => 'all' }),
    profile: makeFairnessProfile,
  },
  {
    name: 'messages that are without a group, so that each is one of its own',
    schedules: 1,
    plant: (sound) => ({
      ...sound,
      getMessageGroup: ({ chunk }) => `${chunk.jobId} ${chunk.index}`,
    }),
    profile: makeFairnessProfile,
  },
  {
    name: 'a message group for each job instead of its account',
    schedules: 2,
    plant: (sound) => ({ ...sound, getMessageGroup: ({ chunk }) => chunk.jobId }),
    profile: makeFairnessProfile,
  },
  {
    name: 'a batch answer that acknowledges a failure',
    schedules: 2,
    plant: (sound) => ({ ...sound, mayAcknowledge: () => true }),
  },
];

/** Shortens the wait before a refusal is decided again. */
function plantInWait(share: number): PlantedBug['plant'] {
  return (sound) => ({
    ...sound,
    runChunk: (deps, attempt) => {
      const pause = (ms: number) => deps.clock.pause(ms === 2 * LATE_WRITES_MS ? share * ms : ms);
      return sound.runChunk({ ...deps, clock: override(deps.clock, { pause }) }, attempt);
    },
  });
}

/**
 * Shortens the wait before a chunk is handed back.
 *
 * @param claimedMs how much later the claim then ends
 */
function plantInHandBack(share: number, claimedMs: number): PlantedBug['plant'] {
  return (sound) => ({
    ...sound,
    runChunk: (deps, attempt) => {
      let isHandedBack = false;
      let skipped = 0;
      const note: typeof deps.journal.note = (entry, subject) => {
        isHandedBack ||= entry.event === 'chunk.handed-back';
        deps.journal.note(entry, subject);
      };
      const clock: typeof deps.clock = {
        now: () => deps.clock.now() + skipped,
        pause: (ms) => {
          if (!isHandedBack) return deps.clock.pause(ms);
          skipped += (1 - share) * ms;
          return share === 0 ? Promise.resolve() : deps.clock.pause(share * ms);
        },
      };
      const release: Chunks['release'] = (chunk, owner) =>
        deps.chunks.release(chunk, owner, deps.clock.now() + claimedMs);
      return sound.runChunk(
        { ...deps, clock, journal: { note }, chunks: override(deps.chunks, { release }) },
        attempt,
      );
    },
  });
}

function plantInJobs(change: (jobs: Jobs) => Partial<Jobs>): PlantedBug['plant'] {
  return plantInStore(({ jobs, ...rest }) => ({ ...rest, jobs: override(jobs, change(jobs)) }));
}

function plantInStore(change: (store: JobStore) => JobStore): PlantedBug['plant'] {
  return (sound) => ({ ...sound, store: change(sound.store) });
}

function plantInGroups(change: (groups: TargetGroups) => Partial<TargetGroups>): PlantedBug['plant'] {
  return (sound) => ({ ...sound, groups: override(sound.groups, change(sound.groups)) });
}

/** Replaces the set of settled chunks of every job that is read. */
function replaceSettled(jobs: Jobs, settledOf: (job: Job) => ReadonlySet<number>): Partial<Jobs> {
  const see = <T extends Job | undefined>(job: T) => job && { ...job, settled: settledOf(job) };
  return {
    find: async (key, now) => see(await jobs.find(key, now)),
    addChunk: async (chunk, broken) => see(await jobs.addChunk(chunk, broken)),
  };
}

function countAdds(jobs: Jobs): Partial<Jobs> {
  const counts = new Map<string, number>();
  const seen = replaceSettled(jobs, (job) => {
    const count = Math.min(counts.get(job.jobId) ?? 0, countChunks(job));
    return new Set(Array.from({ length: count }, (_, index) => index));
  });
  return {
    ...seen,
    addChunk: (chunk, broken) => {
      counts.set(chunk.jobId, (counts.get(chunk.jobId) ?? 0) + 1);
      return seen.addChunk?.(chunk, broken) ?? Promise.resolve(undefined);
    },
  };
}

function toggleAdds(jobs: Jobs): Partial<Jobs> {
  const adds = new Map<string, number>();
  const seen = replaceSettled(
    jobs,
    (job) => new Set([...job.settled].filter((index) => (adds.get(`${job.jobId}#${index}`) ?? 0) % 2 === 1)),
  );
  return {
    ...seen,
    addChunk: (chunk, broken) => {
      const name = `${chunk.jobId}#${chunk.index}`;
      adds.set(name, (adds.get(name) ?? 0) + 1);
      return seen.addChunk?.(chunk, broken) ?? Promise.resolve(undefined);
    },
  };
}

function sendBeforeCommit(sound: UseCases): UseCases {
  return {
    ...sound,
    createJob: (deps, creation) => {
      let request: JobRequest = { ids: [], trace: creation.trace };
      const jobs = override(deps.jobs, {
        saveRequest: (job, saved) => {
          request = saved;
          return deps.jobs.saveRequest(job, saved);
        },
        commit: async (job, owner, now) => {
          const indexes = Array.from({ length: countChunks(job) }, (_, index) => index);
          const work = cutIntoChunks(job, request.ids, indexes, request.trace);
          await deps.queue.send(work, { until: creation.answerBy });
          return deps.jobs.commit(job, owner, now);
        },
      });
      return createJob({ ...deps, jobs, queue: sendNothing(deps.queue) }, creation);
    },
  };
}

/** Commits with a clock at the end of time: the life of an existing job has then ended, so it is replaced. */
function overwriteJob(jobs: Jobs): Partial<Jobs> {
  return {
    commit: (job, owner) => jobs.commit(job, owner, Number.MAX_SAFE_INTEGER),
  };
}

function overwriteResults(store: JobStore): JobStore {
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
    readResults: (job) =>
      Promise.resolve(
        Array.from({ length: countChunks(job) }, (_, index) => ({
          index,
          failures: latest.get(name(job, index)) ?? [],
        })),
      ),
  });
  return { ...store, chunks: overwriting };
}

/** Lets every call that may close a job, or none, answer that it has closed it. */
function reportEnds({ jobs, openJobs, ...store }: JobStore, closed: boolean): JobStore {
  return {
    ...store,
    jobs: override(jobs, {
      addOnlyChunk: async (...args) => {
        const ended = await jobs.addOnlyChunk(...args);
        return ended && { ...ended, closed };
      },
    }),
    openJobs: override(openJobs, { close: (...args) => openJobs.close(...args).then(() => closed) }),
  };
}

/** Lets a worker add chunks to their job without taking an ended job out of the index. */
function leaveJobsOpen(sound: UseCases): UseCases {
  return {
    ...sound,
    runChunk: (deps, attempt) => {
      const openJobs = override(deps.openJobs, { close: () => Promise.resolve(false) });
      const jobs = override(deps.jobs, {
        addOnlyChunk: async (chunk, broken) => {
          const job = await deps.jobs.addChunk(chunk, broken);
          return job && { job, closed: false };
        },
      });
      return sound.runChunk({ ...deps, jobs, openJobs }, attempt);
    },
  };
}

/** Adds the owner, which differs between attempts, to the key: each attempt then derives another job id. */
function drawJobId(sound: UseCases): UseCases {
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

function answerEarly(sound: UseCases): UseCases {
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

function acceptAnyBody(sound: UseCases): UseCases {
  return {
    ...sound,
    createJob: (deps, creation) => {
      const bodyHash = hashIds(canonicalizeIds(creation.targetGroupIds));
      const jobs = override(deps.jobs, {
        find: async (key, now) => {
          const job = await deps.jobs.find(key, now);
          return job && { ...job, bodyHash };
        },
        commit: async (job, owner, now) => {
          const committed = await deps.jobs.commit(job, owner, now);
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

function skipIndex(jobs: Jobs): Partial<Jobs> {
  return { commit: (job, owner, now) => jobs.commit({ ...job, look: undefined }, owner, now) };
}

function addAsOnlyChunk(jobs: Jobs): Partial<Jobs> {
  return { addChunk: async (chunk, broken) => (await jobs.addOnlyChunk(chunk, broken, 0))?.job };
}

function replaceMark(groups: TargetGroups): Partial<TargetGroups> {
  let moves = 0;
  return {
    move: (key, move) => {
      moves += 1;
      return groups.move(key, { ...move, mark: `nobody's ${moves}` });
    },
  };
}

function ignoreRefusals(groups: TargetGroups): Partial<TargetGroups> {
  let tries = 0;
  return {
    // Every third move is not made, and reported as a success.
    move: (key, move) => {
      tries += 1;
      return tries % 3 === 0 ? Promise.resolve({ moved: true }) : groups.move(key, move);
    },
  };
}

/** Takes over every claim past the deadline, even one that a worker still holds. */
function stealClaims(sound: UseCases): UseCases {
  return {
    ...sound,
    giveUpChunk: (deps, attempt) => {
      const claim: Chunks['claim'] = (chunk, by, _now, until) =>
        deps.chunks.claim(chunk, by, Number.MAX_SAFE_INTEGER, until);
      return sound.giveUpChunk({ ...deps, chunks: override(deps.chunks, { claim }) }, attempt);
    },
  };
}

const NEVER = '9999-01-01T00:00:00.000Z';

function withoutDeadline<Work extends ChunkWork>(work: Work): Work {
  return { ...work, job: { ...work.job, deadlineAt: NEVER } };
}

function moveAlways(sound: UseCases): UseCases {
  return {
    ...sound,
    runChunk: (deps, attempt) => sound.runChunk(deps, { ...attempt, work: withoutDeadline(attempt.work) }),
  };
}

/** Takes the time before a read for that after it, once. */
function readAfterClock(sound: UseCases): UseCases {
  return {
    ...sound,
    runChunk: (deps, attempt) => {
      let before: number | undefined;
      const now = () => {
        const time = before ?? deps.clock.now();
        before = undefined;
        return time;
      };
      const find: TargetGroups['find'] = async (key) => {
        const time = deps.clock.now();
        const found = await deps.groups.find(key);
        before = time;
        return found;
      };
      const clock = override(deps.clock, { now });
      return sound.runChunk({ ...deps, clock, groups: override(deps.groups, { find }) }, attempt);
    },
  };
}

function moveGiveUps(sound: UseCases): UseCases {
  return {
    ...sound,
    giveUpChunk: (deps, attempt) => sound.runChunk(deps, { ...attempt, work: withoutDeadline(attempt.work) }),
  };
}

/** Acknowledges a give-up that finds its chunk claimed, without sending it again. */
function dropGiveUps(sound: UseCases): UseCases {
  return {
    ...sound,
    giveUpChunk: (deps, attempt) =>
      sound.giveUpChunk({ ...deps, giveUps: sendNothing(deps.giveUps) }, attempt),
  };
}

/** Changes what reconcile reads of a job. */
function plantInLooks(change: (job: Job) => Job): PlantedBug['plant'] {
  return (sound) => ({
    ...sound,
    reconcile: (deps, run) => {
      const find: Jobs['find'] = async (key, now) => {
        const job = await deps.jobs.find(key, now);
        return job && change(job);
      };
      return sound.reconcile({ ...deps, jobs: override(deps.jobs, { find }) }, run);
    },
  });
}

function forgetResends(job: Job): Job {
  return { ...job, look: job.look && { ...job.look, resends: 0 } };
}

function hurryDeadline(job: Job): Job {
  const createdAt = Date.parse(job.createdAt);
  const deadline = Date.parse(job.deadlineAt ?? NEVER);
  return { ...job, deadlineAt: new Date((createdAt + deadline) / 2).toISOString() };
}

/** Leaves all give-ups to reconcile itself. */
export function giveUpNothing(sound: UseCases): UseCases {
  return {
    ...sound,
    reconcile: (deps, run) => sound.reconcile({ ...deps, giveUps: sendNothing(deps.giveUps) }, run),
  };
}

/** Finds every chunk claimed, so that reconcile settles none. */
function settleNothing(sound: UseCases): UseCases {
  return {
    ...sound,
    reconcile: (deps, run) => {
      const claim: Chunks['claim'] = (_chunk, _by, _now, until) => Promise.resolve({ kind: 'taken', until });
      return sound.reconcile({ ...deps, chunks: override(deps.chunks, { claim }) }, run);
    },
  };
}

function plantInPass(change: (page: OpenJobsPage, shard: number) => OpenJobsPage): PlantedBug['plant'] {
  return (sound) => ({
    ...sound,
    reconcile: (deps, run) => {
      const readShard: OpenJobs['readShard'] = async (shard, ...args) =>
        change(await deps.openJobs.readShard(shard, ...args), shard);
      return sound.reconcile({ ...deps, openJobs: override(deps.openJobs, { readShard }) }, run);
    },
  });
}

/** Finds a large job before every other one, so that only the length of the queue matters. */
function seeBacklogEverywhere({ jobs, next }: OpenJobsPage): OpenJobsPage {
  return {
    jobs: jobs.flatMap((job) => [{ ...job, jobId: 'large', dueAt: NEVER, total: 1_000_000 }, job]),
    next,
  };
}

function seeEmptyQueue(sound: UseCases): UseCases {
  return {
    ...sound,
    reconcile: (deps, run) => {
      const queue = override(deps.queue, { countMessages: () => Promise.resolve(0) });
      return sound.reconcile({ ...deps, queue }, run);
    },
  };
}

/** Looks at all jobs in the order in which they are due, because it takes them for those of one account. */
function lookWithoutTurns(sound: UseCases): UseCases {
  return {
    ...sound,
    reconcile: (deps, run) => {
      const accounts = new Map<string, number>();
      const readShard: OpenJobs['readShard'] = async (...args) => {
        const page = await deps.openJobs.readShard(...args);
        for (const { jobId, accountId } of page.jobs) accounts.set(jobId, accountId);
        return { ...page, jobs: page.jobs.map((job) => ({ ...job, accountId: 0 })) };
      };
      const find: Jobs['find'] = (key, now) =>
        deps.jobs.find({ ...key, accountId: accounts.get(key.jobId) ?? key.accountId }, now);
      return sound.reconcile(
        { ...deps, openJobs: override(deps.openJobs, { readShard }), jobs: override(deps.jobs, { find }) },
        run,
      );
    },
  };
}

/** Takes the tries that reconcile has no time for as failed. */
function giveUpForTime(sound: UseCases): UseCases {
  return {
    ...sound,
    reconcile: (deps, run) => {
      const { clock, groups } = deps;
      const isLate = () => clock.now() >= run.stopAt;
      return sound.reconcile(
        {
          ...deps,
          clock: {
            // At most so late that there is time for every pause of a target group.
            now: () => Math.min(clock.now(), run.stopAt - 10 * SECOND),
            pause: (ms) => (isLate() ? Promise.resolve() : clock.pause(ms)),
          },
          groups: override(groups, {
            find: (key) => (isLate() ? Promise.reject(new Error('no time is left')) : groups.find(key)),
          }),
        },
        run,
      );
    },
  };
}

function sendNothingAgain(sound: UseCases): UseCases {
  return {
    ...sound,
    reconcile: (deps, run) => sound.reconcile({ ...deps, queue: sendNothing(deps.queue) }, run),
  };
}

function sendNothing<Work extends ChunkWork>(queue: WorkQueue<Work>): WorkQueue<Work> {
  return override(queue, { send: () => Promise.resolve() });
}

function skipStartedJobs(sound: UseCases): UseCases {
  return {
    ...sound,
    reconcile: (deps, run) => {
      const find: Jobs['find'] = async (key, now) => {
        const job = await deps.jobs.find(key, now);
        return job !== undefined && job.settled.size > 0 && job.settled.size < countChunks(job)
          ? undefined
          : job;
      };
      return sound.reconcile({ ...deps, jobs: override(deps.jobs, { find }) }, run);
    },
  };
}

type Admits = ReturnType<UseCases['makeAdmission']>;

function plantInAdmission(change: (admission: Admits) => Admits): PlantedBug['plant'] {
  return (sound) => ({ ...sound, makeAdmission: (deps) => change(makeBoundAdmission(sound, deps)) });
}

function makeBoundAdmission(sound: UseCases, deps: AdmissionDeps): Admits {
  const admission = sound.makeAdmission(deps);
  return {
    decide: (...args) => admission.decide(...args),
    count: (targetGroups) => admission.count(targetGroups),
  };
}

function plantInBacklog(change: (backlog: Backlog) => Partial<Backlog>): PlantedBug['plant'] {
  return (sound) => ({ ...sound, backlog: override(sound.backlog, change(sound.backlog)) });
}

function addForEver(backlog: Backlog): Partial<Backlog> {
  let sum = 0;
  return {
    addAccepted: (targetGroups, at) => {
      sum += targetGroups;
      return backlog.addAccepted(targetGroups, at);
    },
    estimate: () => Promise.resolve(sum),
  };
}

function goByPass(backlog: Backlog): Partial<Backlog> {
  let pass = 0;
  return {
    savePass: (targetGroups, at) => {
      pass = targetGroups;
      return backlog.savePass(targetGroups, at);
    },
    estimate: () => Promise.resolve(pass),
  };
}

function keepEstimates(sound: UseCases): UseCases {
  return {
    ...sound,
    makeAdmission: (deps) => {
      let known = { value: 0, until: 0 };
      const estimate: Backlog['estimate'] = async (now) => {
        if (known.until <= now) known = { value: await deps.backlog.estimate(now), until: now + 30 * SECOND };
        return known.value;
      };
      const addAccepted: Backlog['addAccepted'] = (...args) => deps.backlog.addAccepted(...args);
      return sound.makeAdmission({ ...deps, backlog: { estimate, addAccepted } });
    },
  };
}

function refuseUnknown(sound: UseCases): UseCases {
  return {
    ...sound,
    makeAdmission: (deps) => {
      const estimate: Backlog['estimate'] = (now) => deps.backlog.estimate(now).catch(() => Infinity);
      const addAccepted: Backlog['addAccepted'] = (...args) => deps.backlog.addAccepted(...args);
      return sound.makeAdmission({ ...deps, backlog: { estimate, addAccepted } });
    },
  };
}

function refuseNeighbours(sound: UseCases): UseCases {
  return {
    ...sound,
    makeAdmission: (deps) => {
      const first = Math.min(...sound.targetGroupRecords.all.map(({ accountId }) => accountId));
      const readAccount: OpenJobs['readAccount'] = (_accountId, limit) =>
        deps.openJobs.readAccount(first, limit);
      return sound.makeAdmission({ ...deps, openJobs: { readAccount } });
    },
  };
}

function rememberRefusals(admission: Admits): Admits {
  const refusals = new Map<number, Refusal>();
  return {
    ...admission,
    decide: async (accountId, targetGroups) => {
      const refusal = refusals.get(accountId) ?? (await admission.decide(accountId, targetGroups));
      if (refusal !== undefined && refusal.limit !== 'stack') refusals.set(accountId, refusal);
      return refusal;
    },
  };
}

/** Throws the refusal instead of looking for the job of an earlier call. */
function refuseRepeats(sound: UseCases): UseCases {
  return {
    ...sound,
    createJob: (deps, creation) => {
      const decide: Admits['decide'] = async (...args) => {
        const refusal = await deps.admission.decide(...args);
        if (refusal !== undefined) throw refusal.error;
        return undefined;
      };
      return createJob({ ...deps, admission: override(deps.admission, { decide }) }, creation);
    },
  };
}

function recordRefusals(sound: UseCases): UseCases {
  return {
    ...sound,
    createJob: async (deps, creation) => {
      try {
        return await createJob(deps, creation);
      } catch (error) {
        if (error instanceof TooManyRequestsError || error instanceof ServiceUnavailableError) {
          const bodyHash = hashIds(canonicalizeIds(creation.targetGroupIds));
          const created = { jobId: deriveJobId(creation.key), replayed: false };
          await deps.once.run(creation.key, bodyHash, () => Promise.resolve(created)).catch(() => undefined);
        }
        throw error;
      }
    },
  };
}

function decideLate(sound: UseCases): UseCases {
  return {
    ...sound,
    createJob: (deps, creation) => {
      const jobs = override(deps.jobs, {
        saveRequest: async (job, request) => {
          await deps.jobs.saveRequest(job, request);
          const refusal = await deps.admission.decide(job.accountId, request.ids.length);
          if (refusal !== undefined) throw refusal.error;
        },
      });
      const decide: Admits['decide'] = () => Promise.resolve(undefined);
      return createJob({ ...deps, jobs, admission: override(deps.admission, { decide }) }, creation);
    },
  };
}

function moveSlowly(sound: UseCases): UseCases {
  return {
    ...sound,
    runChunk: (deps, attempt) => {
      const move: TargetGroups['move'] = async (...args) => {
        const result = await deps.groups.move(...args);
        await deps.clock.pause(8 * SECOND);
        return result;
      };
      return sound.runChunk({ ...deps, groups: override(deps.groups, { move }) }, attempt);
    },
  };
}
