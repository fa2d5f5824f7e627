/** Computes every figure from the measurements, with its target. */
import { computeDollars, computeFloorDollars } from '../dollars.ts';
import type { Measured } from '../measure.ts';
import { JOBS_AT_ONCE, type Round, type Speed } from '../sections/speed.ts';
import { STARTED } from '../sections/start-up.ts';
import { computeStandingDollars } from '../standing.ts';
import { computeUsage } from '../usage.ts';
import { makePeers } from '../peers/peers.ts';
import {
  makeTargetFigure,
  findBest,
  type Figure,
  computeMedian,
  type Report,
  makeReportedFigure,
  computeSpread,
} from './figures.ts';

const BUNDLE_TARGETS = { 'create-job': 520, worker: 450, 'get-job': 440 } as const;

export function makeReport(measured: Measured): Report {
  const { speed, counts, processes, parallelism, memoryMb, peers } = measured;
  const largest = counts.at(-1);
  if (largest === undefined) throw new Error('nothing was counted');
  const { targetGroups, writeUnits, chunks } = largest;
  const bestOf = makeBestOf(speed);
  const bare = bestOf((round) => round.bare);
  const ours = {
    wall: bestOf(({ jobs: [first = NaN] }) => first) / bare,
    units: writeUnits / targetGroups,
    dollars: computeDollars(computeUsage(measured, largest)) / targetGroups,
    standing: computeStandingDollars(measured.standing),
    chunkSize: targetGroups / chunks,
    chunkCpuMs: processes.chunkCpuMs[200],
    parallelism,
  };
  return { figures: makeFigures(measured), peers: makePeers(peers, ours, bare, memoryMb.worker) };
}

/** Makes a function that returns the best of a wall time over all rounds. */
function makeBestOf({ rounds }: Speed) {
  return (value: (round: Round) => number) => findBest(rounds.map(value));
}

function makeFigures(measured: Measured): Figure[] {
  const findCounts = (targetGroups: number) => {
    const found = measured.counts.find((each) => each.targetGroups === targetGroups);
    if (found === undefined) throw new Error(`a job of ${targetGroups} was not counted`);
    return found;
  };
  const large = findCounts(10_000);
  const computeFloorRatio = (targetGroups: number, traced?: number) =>
    computeDollars(computeUsage(measured, findCounts(targetGroups), traced)) /
    computeFloorDollars(targetGroups);
  const { startUp, speed, processes, createMs, index, giveUps, fairness } = measured;
  // Figures that depend on time have no target in a quick run.
  const makeTimedFigure = (target: number, name: string, value: number) =>
    measured.quick ? makeReportedFigure(name, value) : makeTargetFigure(target, name, value);
  const most = speed.targetGroups.toLocaleString('en-US');
  const bestOf = makeBestOf(speed);
  const bare = bestOf((round) => round.bare);
  const job = bestOf(({ jobs: [first = NaN] }) => first);
  const computeGrowth = (...jobs: readonly (typeof JOBS_AT_ONCE)[number][]) =>
    computeSpread(jobs.map((atOnce) => bestOf((round) => round.jobs[JOBS_AT_ONCE.indexOf(atOnce)] ?? NaN)));
  const unitsEach = [100, 1_000, 10_000].map((size) => findCounts(size).writeUnits / size);

  return [
    makeTargetFigure(1.033, 'write units per target group, 10,000 ids', large.writeUnits / 10_000),
    makeTimedFigure(1.1, 'dollars against the floor, 10,000 ids', computeFloorRatio(10_000)),
    makeTimedFigure(1.3, 'dollars against the floor, 100 ids', computeFloorRatio(100)),
    makeReportedFigure(
      'dollars per million target groups, 10,000 ids each',
      computeDollars(computeUsage(measured, large)) * 100,
    ),
    makeReportedFigure(
      'dollars against the floor, 10,000 ids, every trace recorded',
      computeFloorRatio(10_000, 1),
    ),
    makeReportedFigure('dollars a month while nothing runs', computeStandingDollars(measured.standing)),
    ...[1, 100, 10_000].flatMap((size) => [
      makeReportedFigure(`API calls per create, ${String(size)} ids`, findCounts(size).createCalls),
      makeTargetFigure(
        5,
        `longest chain of calls per create, ${String(size)} ids`,
        findCounts(size).createChain,
      ),
    ]),
    makeTargetFigure(
      0.166,
      "share of the index's writes at its fullest key, accounts 1 to 100",
      index.fullestShare,
    ),
    makeTargetFigure(1, 'write units per look at an open job, on META', index.lookUnits.table),
    makeTargetFigure(
      1,
      'write units per look at an open job, on its entry in the index',
      index.lookUnits.index,
    ),
    // The embedded dynalite does not bring the item that refused a write, so that each is read.
    makeTargetFigure(
      measured.dynamodb === 'dynalite' ? 1 : 0,
      'read units per target group that is refused',
      giveUps.refusedReadUnits,
    ),
    makeTargetFigure(1, 'read units per target group that is given up', giveUps.givenUpReadUnits),
    // A ratio of two times, but far from its target, so that it is judged in a quick run too.
    makeTargetFigure(
      1.5,
      'time to give up chunks against carrying them out',
      findBest(giveUps.rounds.map(({ givenUp }) => givenUp)) /
        findBest(giveUps.rounds.map(({ carriedOut }) => carriedOut)),
    ),
    makeTargetFigure(
      1,
      'chunks of a flood that begin while the chunk of a quiet job waits',
      computeMedian(fairness.beside.map(({ overtaken }) => overtaken)),
    ),
    // Far from its target too.
    makeTargetFigure(
      3,
      'a job of 50 ids beside a flood of 200 jobs of another account, against alone',
      computeMedian(fairness.beside.map(({ ms }) => ms)) / computeMedian(fairness.alone.map(({ ms }) => ms)),
    ),
    makeTimedFigure(8, 'create latency, 10,000 ids against 10', createMs[10_000] / createMs[10]),
    makeTimedFigure(1.25, `throughput, create to Completed against bare writes, ${most} ids`, job / bare),
    makeReportedFigure('status read, read units, 10,000 ids', large.statusReadUnits),
    makeReportedFigure(
      'status read, time against a create call of 10 ids, 10,000 ids',
      computeMedian(speed.statusMs) / createMs[10],
    ),
    makeTimedFigure(
      1.05,
      'slow-down of a job by status reads, four a second',
      bestOf((round) => round.polled) / job,
    ),
    ...STARTED.map((name) =>
      makeTimedFigure(
        1.15,
        `start-up, ${name}, CPU against a bare client`,
        startUp.cpuMs[name] / startUp.bareMs,
      ),
    ),
    ...(['create-job', 'worker', 'get-job'] as const).map((name) =>
      makeTargetFigure(BUNDLE_TARGETS[name], `bundle, ${name}, kB`, startUp.bytes[name] / 1_000),
    ),
    makeTargetFigure(1.15, 'growth of units per target group, 100 to 10,000 ids', computeSpread(unitsEach)),
    makeTimedFigure(
      1.15,
      `growth of time per target group, ${most} ids in 1, 10, 100 jobs`,
      computeGrowth(1, 10, 100),
    ),
    makeTimedFigure(
      1.15,
      `growth of time per target group, ${most} ids in 1, 10, 50 concurrent jobs`,
      computeGrowth(1, 10, 50),
    ),
    ...STARTED.map((name) =>
      makeTargetFigure(128, `memory, ${name}, MB beyond the bare runtime`, processes.peakMb[name]),
    ),
    makeReportedFigure(
      'bare writes, target groups per second on this machine',
      speed.targetGroups / (bare / 1_000),
    ),
    makeReportedFigure('bare write, CPU ms on this machine', processes.writeCpuMs),
  ];
}
