/** Computes every figure from the measurements, with its target. */
import { dollarsOf, floorDollars } from '../dollars.ts';
import type { Measured } from '../measure.ts';
import { JOBS_AT_ONCE, type Round, type Speed } from '../sections/speed.ts';
import { STARTED } from '../sections/start-up.ts';
import { standingDollars } from '../standing.ts';
import { usageOf } from '../usage.ts';
import { peersOf } from '../peers/peers.ts';
import { atMost, best, type Figure, median, type Report, reported, spread } from './figures.ts';

const BUNDLE_TARGETS = { 'create-job': 500, worker: 450, 'get-job': 450 } as const;

export function reportOf(measured: Measured): Report {
  const { speed, counts, processes, parallelism, memoryMb, peers } = measured;
  const largest = counts.at(-1);
  if (largest === undefined) throw new Error('nothing was counted');
  const { targetGroups, writeUnits, chunks } = largest;
  const bestOf = bestIn(speed);
  const bare = bestOf((round) => round.bare);
  const ours = {
    wall: bestOf(({ jobs: [first = NaN] }) => first) / bare,
    units: writeUnits / targetGroups,
    dollars: dollarsOf(usageOf(measured, largest)) / targetGroups,
    standing: standingDollars(measured.standing),
    chunkSize: targetGroups / chunks,
    chunkCpuMs: processes.chunkCpuMs[200],
    parallelism,
  };
  return { figures: figuresOf(measured), peers: peersOf(peers, ours, bare, memoryMb.worker) };
}

/** Makes a function that returns the best of a wall time over all rounds. */
function bestIn({ rounds }: Speed) {
  return (value: (round: Round) => number) => best(rounds.map(value));
}

function figuresOf(measured: Measured): Figure[] {
  const counts = (targetGroups: number) => {
    const found = measured.counts.find((each) => each.targetGroups === targetGroups);
    if (found === undefined) throw new Error(`a job of ${targetGroups} was not counted`);
    return found;
  };
  const large = counts(10_000);
  const dollars = (targetGroups: number, traced?: number) =>
    dollarsOf(usageOf(measured, counts(targetGroups), traced)) / floorDollars(targetGroups);
  const { startUp, speed, processes, createMs } = measured;
  // Figures that depend on time have no target in a quick run.
  const timed = (target: number, name: string, value: number) =>
    measured.quick ? reported(name, value) : atMost(target, name, value);
  const most = speed.targetGroups.toLocaleString('en-US');
  const bestOf = bestIn(speed);
  const bare = bestOf((round) => round.bare);
  const job = bestOf(({ jobs: [first = NaN] }) => first);
  const slowest = (...jobs: readonly (typeof JOBS_AT_ONCE)[number][]) =>
    spread(jobs.map((atOnce) => bestOf((round) => round.jobs[JOBS_AT_ONCE.indexOf(atOnce)] ?? NaN)));
  const unitsEach = [100, 1_000, 10_000].map((size) => counts(size).writeUnits / size);

  return [
    atMost(1.05, 'write units per target group, 10,000 ids', large.writeUnits / 10_000),
    timed(1.1, 'dollars against the floor, 10,000 ids', dollars(10_000)),
    timed(1.3, 'dollars against the floor, 100 ids', dollars(100)),
    reported('dollars per million target groups, 10,000 ids each', dollarsOf(usageOf(measured, large)) * 100),
    reported('dollars against the floor, 10,000 ids, every trace recorded', dollars(10_000, 1)),
    reported('dollars a month while nothing runs', standingDollars(measured.standing)),
    ...[1, 100, 10_000].flatMap((size) => [
      reported(`API calls per create, ${String(size)} ids`, counts(size).createCalls),
      atMost(5, `longest chain of calls per create, ${String(size)} ids`, counts(size).createChain),
    ]),
    timed(8, 'create latency, 10,000 ids against 10', createMs[10_000] / createMs[10]),
    timed(1.25, `throughput, create to Completed against bare writes, ${most} ids`, job / bare),
    reported('status read, read units, 10,000 ids', large.statusReadUnits),
    reported(
      'status read, time against a create call of 10 ids, 10,000 ids',
      median(speed.statusMs) / createMs[10],
    ),
    timed(1.05, 'slow-down of a job by status reads, four a second', bestOf((round) => round.polled) / job),
    ...STARTED.map((name) =>
      timed(1.5, `start-up, ${name}, CPU against a bare client`, startUp.cpuMs[name] / startUp.bareMs),
    ),
    ...(['create-job', 'worker', 'get-job'] as const).map((name) =>
      atMost(BUNDLE_TARGETS[name], `bundle, ${name}, kB`, startUp.bytes[name] / 1_000),
    ),
    atMost(1.15, 'growth of units per target group, 100 to 10,000 ids', spread(unitsEach)),
    timed(1.15, `growth of time per target group, ${most} ids in 1, 10, 100 jobs`, slowest(1, 10, 100)),
    timed(
      1.15,
      `growth of time per target group, ${most} ids in 1, 10, 50 concurrent jobs`,
      slowest(1, 10, 50),
    ),
    ...STARTED.map((name) =>
      atMost(128, `memory, ${name}, MB beyond the bare runtime`, processes.peakMb[name]),
    ),
    reported('bare writes, target groups per second on this machine', speed.targetGroups / (bare / 1_000)),
    reported('bare write, CPU ms on this machine', processes.writeCpuMs),
  ];
}
