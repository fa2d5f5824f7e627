/**
 * A yardstick for CPU time: the bare conditional write, taken in turn with each invocation that is measured.
 * How fast the CPU is, and how much others on its host slow it down, is in both and cancels out.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { environmentOf } from '../../local/functions/environment.ts';
import type { BareWrites } from '../bare/writes.ts';
import { median } from '../report/figures.ts';
import { bundle } from './bundle.ts';
import type { HostAnswer } from './host-process.ts';
import { Host } from './host.ts';
import { TargetGroupSet } from './target-groups.ts';
import type { World } from './world.ts';

export interface Beside extends HostAnswer {
  /** CPU time of the invocation, in bare writes. */
  readonly writes: number;
}

/** Writes of one take, as many at a time as a worker has. */
const WRITES = 64;

/** Takes until the code is compiled. */
const WARM_UP = 60;

export class Yardstick {
  readonly #host: Host;
  readonly #groups: TargetGroupSet;
  readonly #all: number[] = [];
  #takes = 0;

  private constructor(host: Host, groups: TargetGroupSet) {
    this.#host = host;
    this.#groups = groups;
  }

  static async open(world: World): Promise<Yardstick> {
    const groups = new TargetGroupSet(world, WRITES);
    await groups.reset();
    const worker = world.lambda('worker');
    const url = pathToFileURL(join(await bundle('bare/writes.ts'), 'index.mjs')).href;
    const host = await Host.start(url, environmentOf(worker, world.stores, 'bench'), worker.memoryMegabytes);
    const yardstick = new Yardstick(host, groups);
    for (let i = 0; i < WARM_UP; i += 1) await yardstick.#write();
    return yardstick;
  }

  /** Runs something beside bare writes: some just before it and some just after it. */
  async beside(run: () => Promise<HostAnswer>): Promise<Beside> {
    const before = await this.#write();
    const answer = await run();
    const after = await this.#write();
    const writeCpuMs = (before + after) / 2 / WRITES;
    this.#all.push(writeCpuMs);
    return { ...answer, writes: answer.cpuMs / writeCpuMs };
  }

  /** CPU time of one bare write here, ms: the median of all. */
  get writeCpuMs(): number {
    return median(this.#all);
  }

  stop(): Promise<void> {
    return this.#host.stop();
  }

  /** Resumes and pauses the same target groups by turns. @returns CPU time of all the writes, ms */
  async #write(): Promise<number> {
    this.#takes += 1;
    const { tenant, ids } = this.#groups;
    const action = this.#takes % 2 === 1 ? 'resume' : 'pause';
    const event: BareWrites = { tenant, ids, action, mark: `take@${this.#takes}` };
    const { payload, cpuMs } = await this.#host.invoke(JSON.stringify(event));
    if (Number(payload) !== ids.length) throw new Error(`the yardstick moved ${payload} of ${ids.length}`);
    return cpuMs;
  }
}
