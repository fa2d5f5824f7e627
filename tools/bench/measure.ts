/** Runs all sections of the bench one after the other, on one set of emulators. */
import { countJobs, type JobCounts } from './sections/counts.ts';
import { measureCreateLatency, type CreateSize } from './sections/create.ts';
import { measureFairness, type Fairness } from './sections/fairness.ts';
import { measureGiveUps, type GiveUpFigures } from './sections/give-ups.ts';
import { countIndexWrites, type IndexFigures } from './sections/open-jobs-index.ts';
import { measureProcesses, type ProcessFigures } from './sections/process-figures.ts';
import { measureSpeed, type Speed } from './sections/speed.ts';
import { measureStartUp, type StartUp } from './sections/start-up.ts';
import { measurePeers, type PeerTimes } from './peers/peers.ts';
import { type Standing, countStanding } from './standing.ts';
import { MOST_IDS, TargetGroupSet } from './rig/target-group-set.ts';
import { openBenchRig } from './rig/bench-rig.ts';

export interface Measured {
  /** Name of the DynamoDB that it was measured on. */
  readonly dynamodb: string;
  /** Duration of the whole bench. */
  readonly seconds: number;
  readonly quick: boolean;
  readonly memoryMb: Readonly<Record<'create-job' | 'get-job' | 'worker' | 'reconcile', number>>;
  readonly parallelism: number;
  readonly counts: readonly JobCounts[];
  readonly index: IndexFigures;
  readonly createMs: Readonly<Record<CreateSize, number>>;
  readonly processes: ProcessFigures;
  readonly startUp: StartUp;
  readonly speed: Speed;
  readonly giveUps: GiveUpFigures;
  readonly fairness: Fairness;
  readonly peers: PeerTimes;
  readonly standing: Standing;
}

/**
 * Measures everything.
 * @param quick makes fewer rounds: counts are as exact, times are not
 * @param print called with progress lines
 */
export async function measure(quick: boolean, print: (text: string) => void): Promise<Measured> {
  const start = performance.now();
  const reportProgress = (text: string) => {
    print(`${((performance.now() - start) / 1_000).toFixed(0).padStart(4)} s  ${text}`);
  };
  reportProgress('starting the emulators and synthesizing the stack');
  const rig = await openBenchRig();
  try {
    reportProgress(`on ${rig.stores.name}`);
    const groups = new TargetGroupSet(rig, MOST_IDS);
    const timed = quick ? new TargetGroupSet(rig, 1_000) : groups;
    reportProgress('counting calls and units');
    const counts = await countJobs(rig, groups);
    reportProgress('writes of the index of open jobs');
    const index = await countIndexWrites(rig, groups);
    reportProgress('create calls by size');
    const createMs = await measureCreateLatency(rig, groups, quick ? 5 : 25);
    reportProgress('memory and CPU time');
    const processes = await measureProcesses(rig, groups);
    reportProgress('start-up');
    const startUp = await measureStartUp(rig, quick ? 3 : 21);
    reportProgress('wall times');
    const speed = await measureSpeed(rig, timed, quick ? 1 : 4);
    reportProgress('giving up');
    const giveUps = await measureGiveUps(rig, groups, quick ? 1 : 4);
    reportProgress('a quiet account beside a flood');
    const fairness = await measureFairness(rig, groups);
    reportProgress('the plain way');
    const peers = await measurePeers(rig, timed, quick ? 1 : 2, reportProgress);
    reportProgress('done');
    const getMemory = (name: 'create-job' | 'get-job' | 'worker' | 'reconcile') =>
      rig.findFunction(name).memoryMegabytes;
    return {
      dynamodb: rig.stores.name,
      quick,
      seconds: (performance.now() - start) / 1_000,
      memoryMb: {
        'create-job': getMemory('create-job'),
        'get-job': getMemory('get-job'),
        worker: getMemory('worker'),
        reconcile: getMemory('reconcile'),
      },
      parallelism: Number(rig.findFunction('worker').environment['PARALLELISM']),
      counts,
      index,
      createMs,
      processes,
      startUp,
      speed,
      giveUps,
      fairness,
      peers,
      standing: countStanding(rig.template),
    };
  } finally {
    await rig.stop();
  }
}
