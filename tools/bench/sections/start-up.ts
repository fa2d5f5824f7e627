/**
 * Measures the bundle size and the CPU time to load each function, and a bundle with only a DynamoDB client.
 */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { FunctionName } from '../../../lib/functions/make-functions.ts';
import { makeEnvironment } from '../../local/functions/function-environment.ts';
import { bundleFunction } from '../rig/bundle.ts';
import { computeMedian } from '../report/figures.ts';
import { Host } from '../rig/host.ts';
import type { BenchRig } from '../rig/bench-rig.ts';

export const STARTED = ['create-job', 'get-job', 'worker', 'reconcile'] as const satisfies FunctionName[];

type StartedFunction = (typeof STARTED)[number];

export interface StartUp {
  /** Median CPU time in ms to load the bundle with only a DynamoDB client. */
  readonly bareMs: number;
  /** Median CPU time in ms to load each function. */
  readonly cpuMs: Readonly<Record<StartedFunction, number>>;
  /** Size of each minified bundle, with the Tracer, which a start does not load. */
  readonly bytes: Readonly<Record<StartedFunction, number>>;
}

/** Starts each function `rounds` times, in turn, each time in a new process. */
export async function measureStartUp(rig: BenchRig, rounds: number): Promise<StartUp> {
  const bareFolder = await bundleFunction('bare/bare-client.ts');
  const worker = rig.findFunction('worker');
  const env = makeEnvironment(worker, rig.stores, 'bench');
  const cpuMs: Record<'bare' | StartedFunction, number[]> = {
    bare: [],
    'create-job': [],
    'get-job': [],
    worker: [],
    reconcile: [],
  };
  for (let round = 0; round < rounds; round += 1) {
    const bare = await Host.start(
      pathToFileURL(join(bareFolder, 'index.mjs')).href,
      env,
      worker.memoryMegabytes,
    );
    cpuMs.bare.push(bare.loaded.loadCpuMs);
    await bare.stop();
    for (const name of STARTED) {
      const host = await Host.startFunction(rig, rig.findFunction(name));
      cpuMs[name].push(host.loaded.loadCpuMs);
      await host.stop();
    }
  }
  const mapFunctions = <T>(value: (name: StartedFunction) => T) =>
    Object.fromEntries(STARTED.map((name) => [name, value(name)])) as Record<StartedFunction, T>;
  return {
    bareMs: computeMedian(cpuMs.bare),
    cpuMs: mapFunctions((name) => computeMedian(cpuMs[name])),
    bytes: mapFunctions((name) => measureBytes(rig.findFunction(name).codePath)),
  };
}

function measureBytes(folder: string): number {
  const files = readdirSync(folder).filter((name) => name.endsWith('.mjs'));
  return files.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}
