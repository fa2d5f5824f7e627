/**
 * Measures CPU time in bare conditional writes, which run before and after each measured invocation. The
 * speed of the CPU and other load on the host affect both, so that they cancel out (ADR 29).
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { makeEnvironment } from '../../local/functions/function-environment.ts';
import type { BareWrites } from '../bare/writes.ts';
import { computeMedian } from '../report/figures.ts';
import { bundleFunction } from './bundle.ts';
import type { HostAnswer } from './host-process.ts';
import { Host } from './host.ts';
import { TargetGroupSet } from './target-group-set.ts';
import type { BenchRig } from './bench-rig.ts';

export interface MeasuredAnswer extends HostAnswer {
  /** CPU time of the invocation, in bare writes. */
  readonly writes: number;
}

/** Number of writes in one take, with the parallelism of a worker. */
const WRITES = 64;

/** Number of takes before the measurements, until the code is compiled. */
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

  static async open(rig: BenchRig): Promise<Yardstick> {
    const groups = new TargetGroupSet(rig, WRITES);
    await groups.reset();
    const worker = rig.findFunction('worker');
    const url = pathToFileURL(join(await bundleFunction('bare/writes.ts'), 'index.mjs')).href;
    const host = await Host.start(url, makeEnvironment(worker, rig.stores, 'bench'), worker.memoryMegabytes);
    const yardstick = new Yardstick(host, groups);
    for (let i = 0; i < WARM_UP; i += 1) await yardstick.#runWrites();
    return yardstick;
  }

  /** Runs an invocation between two takes of bare writes, and adds its CPU time in bare writes. */
  async measureBetweenWrites(run: () => Promise<HostAnswer>): Promise<MeasuredAnswer> {
    const before = await this.#runWrites();
    const answer = await run();
    const after = await this.#runWrites();
    const writeCpuMs = (before + after) / 2 / WRITES;
    this.#all.push(writeCpuMs);
    return { ...answer, writes: answer.cpuMs / writeCpuMs };
  }

  /** CPU time of one bare write on this machine in ms: the median of all takes. */
  get writeCpuMs(): number {
    return computeMedian(this.#all);
  }

  stop(): Promise<void> {
    return this.#host.stop();
  }

  /** Resumes or pauses all target groups, alternately. @returns CPU time of all writes, in ms */
  async #runWrites(): Promise<number> {
    this.#takes += 1;
    const { tenant, ids } = this.#groups;
    const action = this.#takes % 2 === 1 ? 'resume' : 'pause';
    const event: BareWrites = { tenant, ids, action, mark: `take@${this.#takes}` };
    const { payload, cpuMs } = await this.#host.invoke(JSON.stringify(event));
    if (Number(payload) !== ids.length) throw new Error(`the yardstick moved ${payload} of ${ids.length}`);
    return cpuMs;
  }
}
