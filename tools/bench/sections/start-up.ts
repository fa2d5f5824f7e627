/**
 * Measures the bundle size and the CPU time to load each function, and a bundle with only a DynamoDB client.
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { FunctionName } from '../../../lib/functions/functions.ts';
import { environmentOf } from '../../local/functions/environment.ts';
import { bundle } from '../rig/bundle.ts';
import { median } from '../report/figures.ts';
import { Host } from '../rig/host.ts';
import type { World } from '../rig/world.ts';

export const STARTED = ['create-job', 'get-job', 'worker', 'reconcile'] as const satisfies FunctionName[];

type Started = (typeof STARTED)[number];

export interface StartUp {
  /** Median CPU time in ms to load the bundle with only a DynamoDB client. */
  readonly bareMs: number;
  /** Median CPU time in ms to load each function. */
  readonly cpuMs: Readonly<Record<Started, number>>;
  /** Size of each minified bundle. */
  readonly bytes: Readonly<Record<Started, number>>;
}

/** Starts each function `rounds` times, in turn, each time in a new process. */
export async function measureStartUp(world: World, rounds: number): Promise<StartUp> {
  const bareFolder = await bundle('bare/client.ts');
  const worker = world.lambda('worker');
  const env = environmentOf(worker, world.stores, 'bench');
  const cpuMs: Record<'bare' | Started, number[]> = {
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
      const host = await Host.of(world, world.lambda(name));
      cpuMs[name].push(host.loaded.loadCpuMs);
      await host.stop();
    }
  }
  const each = <T>(value: (name: Started) => T) =>
    Object.fromEntries(STARTED.map((name) => [name, value(name)])) as Record<Started, T>;
  return {
    bareMs: median(cpuMs.bare),
    cpuMs: each((name) => median(cpuMs[name])),
    bytes: each((name) => statSync(join(world.lambda(name).codePath, 'index.mjs')).size),
  };
}
