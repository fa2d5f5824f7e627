/** The ports as one invocation sees them: every call is a step, at which all may go wrong. */
import { EnqueueFailedError } from '../../../src/domain/errors.ts';
import type { Created, Once } from '../../../src/ports/once.ts';
import type { JobStore } from '../../../src/ports/job-store.ts';
import type { TargetGroups } from '../../../src/ports/target-groups.ts';
import type { ChunkWork, WorkQueue } from '../../../src/ports/work-queue.ts';
import type { Calls } from './calls.ts';
import type { Invocation } from './invocation.ts';

export function jobsPort(calls: Calls, by: Invocation, jobs: JobStore): JobStore {
  const call = <T>(name: string, jobId: string | undefined, effect: () => Promise<T>) =>
    calls.make(by, `jobs.${name}`, effect, jobId);
  return {
    saveRequest: (job, request) => call('saveRequest', job.jobId, () => jobs.saveRequest(job, request)),
    commit: (job, owner, now, dueAt) => call('commit', job.jobId, () => jobs.commit(job, owner, now, dueAt)),
    find: (key, now) => call('find', key.jobId, () => jobs.find(key, now)),
    request: (job) => call('request', job.jobId, () => jobs.request(job)),
    results: (job) => call('results', job.jobId, () => jobs.results(job)),
    claim: (chunk, owner, now, until) =>
      call('claim', chunk.jobId, () => jobs.claim(chunk, owner, now, until)),
    release: (chunk, owner, until) => call('release', chunk.jobId, () => jobs.release(chunk, owner, until)),
    settle: (chunk, owner, failures, now) =>
      call('settle', chunk.jobId, () => jobs.settle(chunk, owner, failures, now)),
    addSettled: (chunk, broken) => call('addSettled', chunk.jobId, () => jobs.addSettled(chunk, broken)),
    addOnly: (chunk, broken, now) => call('addOnly', chunk.jobId, () => jobs.addOnly(chunk, broken, now)),
    close: (job, now) => call('close', job.jobId, () => jobs.close(job, now)),
    due: (now, limit, after) => call('due', undefined, () => jobs.due(now, limit, after)),
    openJobs: (limit, after) => call('openJobs', undefined, () => jobs.openJobs(limit, after)),
    postpone: (job, from, to) => call('postpone', job.jobId, () => jobs.postpone(job, from, to)),
  };
}

export function groupsPort(calls: Calls, by: Invocation, groups: TargetGroups): TargetGroups {
  return {
    projectExists: (tenant) => calls.make(by, 'groups.projectExists', () => groups.projectExists(tenant)),
    find: (key) => calls.make(by, 'groups.find', () => groups.find(key)),
    move: (key, move) => calls.make(by, 'groups.move', () => groups.move(key, move)),
  };
}

const SEND_TRIES = 2;

/** Each message goes its own way, as the entries of a batch do: some are taken, some refused and tried again. */
export function queuePort(calls: Calls, by: Invocation, put: (work: ChunkWork) => void): WorkQueue {
  const send = (work: ChunkWork) =>
    calls.make(
      by,
      'queue.send',
      () => {
        put(work);
        return Promise.resolve();
      },
      work.chunk.jobId,
    );
  return {
    async send(work, until) {
      let left = [...work];
      for (let tries = 0; tries < SEND_TRIES && left.length > 0 && by.clock.now() < until; tries += 1) {
        const refused: ChunkWork[] = [];
        await Promise.all(left.map((each) => send(each).catch(() => refused.push(each))));
        left = refused;
      }
      if (left.length > 0) throw new EnqueueFailedError('Some messages could not be sent.');
    },
  };
}

/** Two calls: the record is taken before the work and completed after it. Without the first nothing is known. */
export function oncePort(calls: Calls, by: Invocation, once: Once): Once {
  const call = (name: string) => calls.make(by, `once.${name}`, () => Promise.resolve());
  return {
    async run(key, bodyHash, work) {
      try {
        await call('begin');
      } catch (cause) {
        return { kind: 'unknown', cause };
      }
      let created: Created | undefined;
      try {
        return await once.run(key, bodyHash, async () => {
          created = await work();
          await call('complete');
          return created;
        });
      } catch (error) {
        // The work is done; that it could not be remembered changes nothing.
        if (created !== undefined) return { kind: 'ran', created };
        throw error;
      }
    },
  };
}
