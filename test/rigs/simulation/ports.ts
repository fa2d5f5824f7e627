/** Wraps the ports for one invocation: each call takes simulated time and may meet a fault. */
import { isDeepStrictEqual } from 'node:util';
import { EnqueueFailedError } from '../../../src/domain/errors.ts';
import type { ChunkKey, FailureGroup, JobKey } from '../../../src/domain/job.ts';
import type { Backlog } from '../../../src/ports/backlog.ts';
import type { Created, Once } from '../../../src/ports/once.ts';
import type { Action } from '../../../src/domain/actions.ts';
import type { TargetGroupKey } from '../../../src/domain/target-group.ts';
import type { Move, MoveResult, TargetGroups } from '../../../src/ports/target-groups.ts';
import type { ChunkWork, SendOptions, WorkQueue } from '../../../src/ports/work-queue.ts';
import { intercept, override } from '../../support/intercept.ts';
import type { JobStore } from '../../support/jobs-table-ports.ts';
import type { Calls } from './calls.ts';
import type { Invocation } from './invocation.ts';

/** Called before the result of a chunk is written. */
type Settle = (chunk: ChunkKey, failures: readonly FailureGroup[]) => Promise<void>;

/** Names the calls of all three ports `jobs.…`, because an outage of the table hits each of them. */
export function makeJobStorePorts(
  calls: Calls,
  by: Invocation,
  { jobs, chunks, openJobs }: JobStore,
  usedShards: ReadonlySet<number>,
  onSettle: Settle,
): JobStore {
  /** A look that is stored again finds itself, as in the adapter: the answer of the first try was lost. */
  const findOwnLook = (effect: () => Promise<unknown>, [job, look]: readonly unknown[]) => {
    let tries = 0;
    return async () => {
      tries += 1;
      if ((await effect()) === true) return true;
      return tries > 1 && isDeepStrictEqual((await jobs.find(job as JobKey, 0))?.look, look);
    };
  };
  const wrapPort = <P extends object>(port: P): P =>
    intercept(port, (method, args, effect) =>
      calls.makeCall(by, `jobs.${method}`, method === 'postpone' ? findOwnLook(effect, args) : effect, {
        jobId: (args[0] as Partial<JobKey> | undefined)?.jobId,
      }),
    );
  const wrapped = wrapPort(openJobs);
  const shardsInUse = override(wrapped, {
    // Most shards are empty for ever: their reads would be most calls of a schedule.
    readShard: (shard, limit, after) =>
      usedShards.has(shard)
        ? wrapped.readShard(shard, limit, after)
        : Promise.resolve({ jobs: [], next: undefined }),
  });
  const observed = override(chunks, {
    settle: async (chunk, owner, failures, now) => {
      await onSettle(chunk, failures);
      return chunks.settle(chunk, owner, failures, now);
    },
  });
  return { jobs: wrapPort(jobs), chunks: wrapPort(observed), openJobs: shardsInUse };
}

export interface GroupsObserver {
  /** Called when a function makes the call of a move, before any of its faults. */
  readonly onMove: (key: TargetGroupKey, createdBy: string) => void;
  /** Called when a move is sent that gets no answer; it arrives in `arrivesInMs`. */
  readonly onLateMove: (key: TargetGroupKey, action: Action, arrivesInMs: number) => void;
  /** Called when a read has failed. */
  readonly onFailedRead: (key: TargetGroupKey) => void;
  /** Whether this refusal does not bring the target group. */
  readonly isSilent: () => boolean;
}

export function makeGroupsPort(
  calls: Calls,
  by: Invocation,
  groups: TargetGroups,
  { onMove, onLateMove, onFailedRead, isSilent }: GroupsObserver,
): TargetGroups {
  return intercept(groups, (method, args, effect) => {
    if (method === 'move') {
      const [key, move] = args as [TargetGroupKey, Move];
      onMove(key, move.by);
    }
    const answer = calls.makeCall(by, `groups.${method}`, effect, {
      onLost: (arrivesInMs) => {
        if (method !== 'move') return;
        const [key, { action }] = args as [TargetGroupKey, Move];
        onLateMove(key, action, arrivesInMs);
      },
    });
    if (method === 'move') {
      return answer.then((result) =>
        !(result as MoveResult).moved && isSilent() ? ({ moved: false } satisfies MoveResult) : result,
      );
    }
    if (method !== 'find') return answer;
    const [key] = args as [TargetGroupKey];
    return answer.catch((error: unknown) => {
      onFailedRead(key);
      throw error;
    });
  });
}

/** Fewer than the adapter makes, so that some schedules have messages that could not be sent. */
const SEND_TRIES = 2;

export interface ObservedQueue<Work extends ChunkWork> {
  readonly put: (work: Work, delayMs: number | undefined) => Promise<void>;
  /** Called when the sender of a message learns that it has arrived. */
  readonly onAnswer?: (work: Work) => void;
  readonly count: () => number;
}

/** Sends each message in its own call, because SQS may refuse single entries of a batch; retries those. */
export function makeQueuePort<Work extends ChunkWork>(
  calls: Calls,
  by: Invocation,
  { put, onAnswer, count }: ObservedQueue<Work>,
): WorkQueue<Work> {
  const send = async (work: Work, { delayMs }: SendOptions) => {
    await calls.makeCall(by, 'queue.send', () => put(work, delayMs), { jobId: work.chunk.jobId });
    onAnswer?.(work);
  };
  return {
    async send(work, options) {
      let left = [...work];
      for (
        let tries = 0;
        tries < SEND_TRIES && left.length > 0 && by.clock.now() < options.until;
        tries += 1
      ) {
        const refused: Work[] = [];
        await Promise.all(left.map((each) => send(each, options).catch(() => refused.push(each))));
        left = refused;
      }
      if (left.length > 0) throw new EnqueueFailedError(left.length, work.length);
    },
    countMessages: () => calls.makeCall(by, 'queue.count', () => Promise.resolve(count())),
  };
}

export function makeBacklogPort(calls: Calls, by: Invocation, backlog: Backlog): Backlog {
  return intercept(backlog, (method, _args, effect) => calls.makeCall(by, `backlog.${method}`, effect));
}

/** Makes two calls: one takes the record before the work, one completes it. If the first fails: `unknown`. */
export function makeOncePort(calls: Calls, by: Invocation, once: Once): Once {
  const call = (name: string) => calls.makeCall(by, `once.${name}`, () => Promise.resolve());
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
        // The job is created; only its idempotency record is incomplete.
        if (created !== undefined) return { kind: 'ran', created };
        throw error;
      }
    },
  };
}
