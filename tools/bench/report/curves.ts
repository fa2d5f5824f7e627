/** Makes the scaling curves: how a figure changes with the size or the number of jobs. */
import { computeDollars, computeFloorDollars } from '../dollars.ts';
import type { Measured } from '../measure.ts';
import { CREATE_SIZES } from '../sections/create.ts';
import { JOBS_AT_ONCE } from '../sections/speed.ts';
import { computeUsage } from '../usage.ts';
import { findBest } from './figures.ts';
import type { Curve } from './plot.ts';

/** Returns the curves by the name of their file. */
export function makeCurves(measured: Measured): Record<string, Curve> {
  const { counts, createMs, speed } = measured;
  const bare = findBest(speed.rounds.map((round) => round.bare));
  const ids = 'target groups in a job';
  return {
    units: {
      title: 'Write units per target group',
      xLabel: ids,
      yLabel: 'units',
      points: counts.map(({ targetGroups, writeUnits }) => ({
        x: targetGroups,
        y: writeUnits / targetGroups,
      })),
    },
    dollars: {
      title: 'Dollars against the floor of one write each',
      xLabel: ids,
      yLabel: 'times the floor',
      // Below 100 target groups, the price of the two API requests dominates.
      points: counts
        .filter(({ targetGroups }) => targetGroups >= 100)
        .map((each) => ({
          x: each.targetGroups,
          y: computeDollars(computeUsage(measured, each)) / computeFloorDollars(each.targetGroups),
        })),
    },
    create: {
      title: 'Time of a create call against one of 10 ids',
      xLabel: ids,
      yLabel: 'times',
      points: CREATE_SIZES.map((size) => ({ x: size, y: createMs[size] / createMs[10] })),
      target: 8,
    },
    jobs: {
      title: `Wall time of ${speed.targetGroups.toLocaleString('en-US')} target groups against the bare writes`,
      xLabel: 'jobs at once that they are spread over',
      yLabel: 'times the bare writes',
      points: JOBS_AT_ONCE.map((jobs, i) => ({
        x: jobs,
        y: findBest(speed.rounds.map((round) => round.jobs[i] ?? NaN)) / bare,
      })),
      target: 1.25,
    },
  };
}
