/**
 * Measures giving up against carrying out: the same worker, on the same machine, gets the chunks of one job
 * as work and those of another as give-ups. Counts what both read for each target group.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Message } from '@aws-sdk/client-sqs';
import { decodeMessage, encodeGiveUp } from '../../../src/adapters/sqs/work-message.ts';
import type { FieldingRunStatus } from '../../../src/domain/target-group.ts';
import { parseObject } from '../../kit/json.ts';
import { FunctionPool } from '../../local/functions/pool.ts';
import { makeSqsEvent } from '../../local/sqs-event.ts';
import type { BenchRig, Endpoints } from '../rig/bench-rig.ts';
import { startCountingProxy } from '../rig/counting-proxy.ts';
import type { TargetGroupSet } from '../rig/target-group-set.ts';
import { UnreadJobs } from '../rig/unread-jobs.ts';

/** Wall times of the same number of chunks, in ms. */
interface GiveUpRound {
  readonly carriedOut: number;
  readonly givenUp: number;
}

export interface GiveUpFigures {
  /** Read units per target group of a chunk whose target groups are all refused because of their status. */
  readonly refusedReadUnits: number;
  /** Read units per target group of a chunk that is given up. */
  readonly givenUpReadUnits: number;
  readonly rounds: readonly GiveUpRound[];
}

/** Target groups of a job whose reads are counted: one chunk. */
const COUNTED = 200;

/** Target groups of a job whose chunks are timed. */
const TIMED = 4_000;

const LATEST_LINE_MS = 5_000;

/** @param rounds measured after one that is not */
export async function measureGiveUps(
  rig: BenchRig,
  groups: TargetGroupSet,
  rounds: number,
): Promise<GiveUpFigures> {
  const jobs = await UnreadJobs.open(rig);
  try {
    const counted = await countReads(rig, jobs, groups);
    await using worker = new Worker(rig, rig.stores);
    const timed: GiveUpRound[] = [];
    const most = Math.min(TIMED, groups.ids.length);
    for (let round = -1; round < rounds; round += 1) {
      const carriedOut = await worker.run(await makeChunks(jobs, groups, most), { updated: most });
      const givenUp = await worker.run((await makeChunks(jobs, groups, most)).map(toGiveUp), {
        failed: most,
      });
      if (round >= 0) timed.push({ carriedOut, givenUp });
    }
    return { ...counted, rounds: timed };
  } finally {
    await jobs.stop();
  }
}

async function countReads(
  rig: BenchRig,
  jobs: UnreadJobs,
  groups: TargetGroupSet,
): Promise<Omit<GiveUpFigures, 'rounds'>> {
  const proxy = await startCountingProxy(rig.stores.dynamodb);
  try {
    await using worker = new Worker(rig, { dynamodb: proxy.url, sqs: rig.stores.sqs });
    const count = async (messages: readonly Message[]) => {
      proxy.calls.length = 0;
      await worker.run(messages, { failed: COUNTED });
      return proxy.calls.reduce((sum, { readUnits }) => sum + readUnits, 0) / COUNTED;
    };
    return {
      refusedReadUnits: await count(await makeChunks(jobs, groups, COUNTED, 'draft')),
      givenUpReadUnits: await count((await makeChunks(jobs, groups, COUNTED)).map(toGiveUp)),
    };
  } finally {
    await proxy.close();
  }
}

/** Creates a job of `count` target groups, which have a status. @returns the messages of its chunks */
async function makeChunks(
  jobs: UnreadJobs,
  groups: TargetGroupSet,
  count: number,
  status?: FieldingRunStatus,
): Promise<Message[]> {
  await groups.reset(count, status);
  await jobs.create(groups.tenant, groups.ids.slice(0, count));
  return jobs.takeMessages();
}

/** Turns the message of a chunk into the give-up that reconcile would send. */
function toGiveUp(message: Message): Message {
  const { work } = decodeMessage(message.Body ?? '');
  return { ...message, Body: encodeGiveUp({ ...work, reason: 'deadline' }) };
}

interface Settled {
  readonly updated: number;
  readonly failed: number;
}

const NOTHING: Settled = { updated: 0, failed: 0 };

/** The worker function, with as many instances as the machine allows. */
class Worker implements AsyncDisposable {
  readonly #rig: BenchRig;
  readonly #pool: FunctionPool;
  /** What the worker has logged in the current run. */
  #settled = NOTHING;

  constructor(rig: BenchRig, at: Endpoints) {
    this.#rig = rig;
    this.#pool = new FunctionPool(rig.findFunction('worker'), at, (text) => {
      const line = text.includes('"chunk.settled"') ? parseObject(text) : undefined;
      this.#settled = {
        updated: this.#settled.updated + Number(line?.['updated'] ?? 0),
        failed: this.#settled.failed + Number(line?.['failed'] ?? 0),
      };
    });
  }

  /**
   * Runs each message as an invocation of its own. No queue is read, which would take as long for both kinds.
   *
   * @param expected numbers of target groups by outcome
   * @returns wall time in ms
   * @throws Error when a chunk fails, or has other outcomes
   */
  async run(messages: readonly Message[], expected: Partial<Settled>): Promise<number> {
    this.#settled = NOTHING;
    const events = messages.map((message) =>
      JSON.stringify(makeSqsEvent([message], this.#rig.source.queueArn)),
    );
    const start = performance.now();
    const results = await Promise.all(events.map((event) => this.#pool.invoke(event)));
    const ms = performance.now() - start;
    const failed = results.find((result) => !result.ok || !result.payload.includes('"batchItemFailures":[]'));
    if (failed !== undefined) throw new Error(`a chunk failed: ${JSON.stringify(failed)}`);
    await this.#requireSettled({ ...NOTHING, ...expected });
    return ms;
  }

  /** The last lines of the log may arrive after the answers. */
  async #requireSettled(expected: Settled): Promise<void> {
    const giveUpAt = performance.now() + LATEST_LINE_MS;
    while (!isDeepStrictEqual(this.#settled, expected)) {
      if (performance.now() > giveUpAt) {
        throw new Error(`expected ${JSON.stringify(expected)}, found ${JSON.stringify(this.#settled)}`);
      }
      await pause(20);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.stop();
  }
}
