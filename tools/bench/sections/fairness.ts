/** Measures a job of a quiet account beside a flood of another account, against its time alone. */
import { BatchWriter } from '../../local/data/write.ts';
import { makeResumableGroup } from '../../local/data/demo.ts';
import { type BenchRig, type RunningFunctions, startFunctions } from '../rig/bench-rig.ts';
import { createJob } from '../rig/gateway-events.ts';
import { JobEndings } from '../rig/run-jobs.ts';
import { splitIds, type TargetGroupSet } from '../rig/target-group-set.ts';

/** What a quiet job took, ms. */
interface QuietJob {
  /** The create call, from its start to its answer. */
  readonly createMs: number;
  /** From the answer until a worker begins with the chunk; 0 if it has begun before. */
  readonly waitMs: number;
  /** From the start of the create call to the end of the job. */
  readonly ms: number;
  /** Chunks of others that workers began while the chunk waited. */
  readonly overtaken: number;
}

export interface Fairness {
  readonly alone: readonly QuietJob[];
  readonly beside: readonly QuietJob[];
}

/** Jobs of the flood, among which the target groups of the set are divided. */
const FLOOD_JOBS = 200;

const QUIET_ACCOUNT = 202;

/** Target groups of a quiet job, which is one chunk. */
const QUIET_IDS = 50;

/** Quiet jobs, one after the other, before the flood; and as many beside it. */
const QUIET_JOBS = 13;

/** @throws Error when the flood ends before the last quiet job, which then was not beside it */
export async function measureFairness(rig: BenchRig, groups: TargetGroupSet): Promise<Fairness> {
  const endings = new JobEndings();
  const running = await startFunctions(
    rig,
    () => rig.stores,
    (_name, text) => {
      endings.readLogLine(text);
    },
  );
  const batches = new Batches();
  const flood = splitIds(groups.ids, FLOOD_JOBS, groups.ids.length / FLOOD_JOBS);
  const createFlood = async (jobs: readonly string[][]) => {
    await groups.reset();
    return Promise.all(jobs.map((ids) => createJob(running, rig, groups.tenant, ids)));
  };
  const waitForAll = (jobs: readonly string[]) => Promise.all(jobs.map((job) => endings.waitForEnd(job)));
  const timeQuietJobs = await prepareQuietJobs(
    { rig, running, endings, batches },
    groups.ids.slice(0, QUIET_IDS),
  );
  try {
    await running.startDelivery((event) => {
      batches.add(event);
    });
    // Compiles the code of all instances, and opens their connections.
    await waitForAll(await createFlood(flood.slice(0, FLOOD_JOBS / 10)));
    await timeQuietJobs();
    const alone = await timeQuietJobs();

    const created = await createFlood(flood);
    const beside = await timeQuietJobs();
    if (created.every((job) => endings.hasEnded(job))) throw new Error('the flood ended too early');
    await waitForAll(created);
    return { alone, beside };
  } finally {
    await running.stop();
  }
}

/** The batches that workers have begun. */
class Batches {
  readonly #begun: { readonly event: string; readonly at: number }[] = [];

  add(event: string): void {
    this.#begun.push({ event, at: performance.now() });
  }

  get length(): number {
    return this.#begun.length;
  }

  /** Finds the batch of a job. @returns its number and the time at which a worker began with it */
  find(jobId: string): { readonly number: number; readonly at: number } {
    const number = this.#begun.findIndex(({ event }) => event.includes(jobId));
    return { number, at: this.#begun[number]?.at ?? NaN };
  }
}

interface Observed {
  readonly rig: BenchRig;
  readonly running: RunningFunctions;
  readonly endings: JobEndings;
  readonly batches: Batches;
}

/** @returns a function that runs the quiet jobs */
async function prepareQuietJobs(
  { rig, running, endings, batches }: Observed,
  ids: readonly string[],
): Promise<() => Promise<QuietJob[]>> {
  const tenant = { accountId: QUIET_ACCOUNT, projectId: ids[0] ?? '' };
  const signedIn = { ...rig, token: await rig.signToken([QUIET_ACCOUNT]) };
  const writer = new BatchWriter(rig.dynamodb, rig.findTableName('TargetGroups'));
  const reset = async () => {
    for (const id of ids) {
      await writer.put({ type: 'target_group', group: makeResumableGroup(tenant, id, Date.now()) });
    }
    await writer.flush();
  };
  await writer.put({ type: 'project', tenant });
  return async () => {
    const jobs: QuietJob[] = [];
    while (jobs.length < QUIET_JOBS) {
      await reset();
      const start = performance.now();
      const job = await createJob(running, signedIn, tenant, ids);
      const answered = performance.now();
      const begunBefore = batches.length;
      await endings.waitForEnd(job);
      const ms = performance.now() - start;
      const own = batches.find(job.split('/').at(-1) ?? '');
      jobs.push({
        createMs: answered - start,
        waitMs: Math.max(0, own.at - answered),
        ms,
        overtaken: Math.max(0, own.number - begunBefore),
      });
    }
    return jobs;
  };
}
