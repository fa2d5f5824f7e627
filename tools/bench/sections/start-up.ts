/** CPU time to load each function, against a bundle that holds a bare DynamoDB client; and the size of each bundle. */
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

export type Started = (typeof STARTED)[number];

export interface StartUp {
  /** CPU time from the first byte of the bundle to the handler, ms: the median. */
  readonly bareMs: number;
  readonly cpuMs: Readonly<Record<Started, number>>;
  /** Bytes of the minified bundle. */
  readonly bytes: Readonly<Record<Started, number>>;
}

/** Each is started so many times, all in turn, in a process of its own. */
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
