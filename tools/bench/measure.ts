/** Runs all sections of the bench one after the other, on one set of emulators. */
import { countJobs, type JobCounts } from './sections/counts.ts';
import { createLatency, type CreateSize } from './sections/create.ts';
import { measureProcesses, type ProcessFigures } from './sections/processes.ts';
import { measureSpeed, type Speed } from './sections/speed.ts';
import { measureStartUp, type StartUp } from './sections/start-up.ts';
import { measurePeers, type PeerTimes } from './peers/peers.ts';
import { type Standing, standingOf } from './standing.ts';
import { MOST_IDS, TargetGroupSet } from './rig/target-groups.ts';
import { openWorld } from './rig/world.ts';

export interface Measured {
  /** Name of the DynamoDB that it was measured on. */
  readonly dynamodb: string;
  /** Duration of the whole bench. */
  readonly seconds: number;
  readonly quick: boolean;
  readonly memoryMb: Readonly<Record<'create-job' | 'get-job' | 'worker' | 'reconcile', number>>;
  readonly parallelism: number;
  readonly counts: readonly JobCounts[];
  readonly createMs: Readonly<Record<CreateSize, number>>;
  readonly processes: ProcessFigures;
  readonly startUp: StartUp;
  readonly speed: Speed;
  readonly peers: PeerTimes;
  readonly standing: Standing;
}

/**
 * Measures everything.
 * @param quick makes fewer rounds: counts are as exact, times are not
 * @param tell called with progress lines
 */
export async function measure(quick: boolean, tell: (text: string) => void): Promise<Measured> {
  const start = performance.now();
  const say = (text: string) => {
    tell(`${((performance.now() - start) / 1_000).toFixed(0).padStart(4)} s  ${text}`);
  };
  say('starting the emulators and synthesizing the stack');
  const world = await openWorld();
  try {
    say(`on ${world.stores.name}`);
    const groups = new TargetGroupSet(world, MOST_IDS);
    const timed = quick ? new TargetGroupSet(world, 1_000) : groups;
    say('counting calls and units');
    const counts = await countJobs(world, groups);
    say('create calls by size');
    const createMs = await createLatency(world, groups, quick ? 5 : 25);
    say('memory and CPU time');
    const processes = await measureProcesses(world, groups);
    say('start-up');
    const startUp = await measureStartUp(world, quick ? 3 : 21);
    say('wall times');
    const speed = await measureSpeed(world, timed, quick ? 1 : 4);
    say('the plain way');
    const peers = await measurePeers(world, timed, quick ? 1 : 2, say);
    say('done');
    const memory = (name: 'create-job' | 'get-job' | 'worker' | 'reconcile') =>
      world.lambda(name).memoryMegabytes;
    return {
      dynamodb: world.stores.name,
      quick,
      seconds: (performance.now() - start) / 1_000,
      memoryMb: {
        'create-job': memory('create-job'),
        'get-job': memory('get-job'),
        worker: memory('worker'),
        reconcile: memory('reconcile'),
      },
      parallelism: Number(world.lambda('worker').environment['PARALLELISM']),
      counts,
      createMs,
      processes,
      startUp,
      speed,
      peers,
      standing: standingOf(world.template),
    };
  } finally {
    await world.stop();
  }
}
