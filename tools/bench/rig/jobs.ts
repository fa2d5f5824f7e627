/** Runs jobs and waits for their ends, which the functions log. */
import { parseObject } from '../../kit/json.ts';
import type { Tenant } from '../../../src/domain/ids.ts';
import { create } from './requests.ts';
import type { Running, World } from './world.ts';

export class Endings {
  readonly #ended = new Set<string>();
  readonly #waiting = new Map<string, () => void>();

  /**
   * Reads a log line of a function. @throws Error when a job has failed, because the measurements are then
   * invalid
   */
  read(text: string): void {
    if (!text.includes('"job.finished"')) return;
    const line = parseObject(text);
    const jobId = String(line?.['job_id']);
    if (line?.['status'] !== 'Completed')
      throw new Error(`job ${jobId} ended as ${String(line?.['status'])}`);
    this.#ended.add(jobId);
    this.#waiting.get(jobId)?.();
  }

  /** Resolves when the job has ended. @param location URL path or id of the job */
  async of(location: string): Promise<void> {
    const jobId = location.split('/').at(-1) ?? '';
    if (this.#ended.has(jobId)) return;
    await new Promise<void>((resolve) => this.#waiting.set(jobId, resolve));
  }
}

/**
 * Creates jobs at once and waits until all have ended. The queue must be read meanwhile.
 * @param lists ids of the target groups of each job
 * @returns wall time from the first create call to the end of the last job, in ms
 */
export async function runJobs(
  running: Running,
  world: World,
  endings: Endings,
  tenant: Tenant,
  lists: readonly (readonly string[])[],
): Promise<number> {
  const start = performance.now();
  await Promise.all(
    lists.map(async (ids) => {
      await endings.of(await create(running, world, tenant, ids));
    }),
  );
  return performance.now() - start;
}
