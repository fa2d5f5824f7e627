/** Runs jobs and waits for their ends, which the functions log. */
import { parseObject } from '../../kit/json.ts';
import type { Tenant } from '../../../src/domain/ids.ts';
import { createJob } from './gateway-events.ts';
import type { RunningFunctions, BenchRig } from './bench-rig.ts';

export class JobEndings {
  readonly #ended = new Set<string>();
  readonly #waiting = new Map<string, () => void>();

  /**
   * Reads a log line of a function. @throws Error when a job has failed, because the measurements are then
   * invalid
   */
  readLogLine(text: string): void {
    if (!text.includes('"job.finished"')) return;
    const line = parseObject(text);
    const jobId = String(line?.['job_id']);
    if (line?.['status'] !== 'Completed')
      throw new Error(`job ${jobId} ended as ${String(line?.['status'])}`);
    this.#ended.add(jobId);
    this.#waiting.get(jobId)?.();
  }

  /** @param location URL path or id of the job */
  hasEnded(location: string): boolean {
    return this.#ended.has(readJobId(location));
  }

  /** Resolves when the job has ended. @param location URL path or id of the job */
  async waitForEnd(location: string): Promise<void> {
    if (this.hasEnded(location)) return;
    await new Promise<void>((resolve) => this.#waiting.set(readJobId(location), resolve));
  }
}

function readJobId(location: string): string {
  return location.split('/').at(-1) ?? '';
}

/**
 * Creates jobs at once and waits until all have ended. The queue must be read meanwhile.
 * @param lists ids of the target groups of each job
 * @returns wall time from the first create call to the end of the last job, in ms
 */
export async function runJobs(
  running: RunningFunctions,
  rig: BenchRig,
  endings: JobEndings,
  tenant: Tenant,
  lists: readonly (readonly string[])[],
): Promise<number> {
  const start = performance.now();
  await Promise.all(
    lists.map(async (ids) => {
      await endings.waitForEnd(await createJob(running, rig, tenant, ids));
    }),
  );
  return performance.now() - start;
}
