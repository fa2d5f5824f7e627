/** Defines the report of the bench, figures with targets and peers, and its statistics. */

export interface Figure {
  readonly name: string;
  readonly value: number;
  /** The largest allowed value; null for a figure that is only reported. */
  readonly target: number | null;
  readonly met: boolean | null;
}

export interface Peer {
  readonly name: string;
  /** Wall time as a multiple of the bare conditional writes in the same run; null when it was not run. */
  readonly wall: number | null;
  /** Write units per target group. */
  readonly units: number | null;
  /** Dollars per million target groups, by use. */
  readonly dollars: number | null;
  /** Dollars a month while nothing runs. */
  readonly dollarsPerMonth: number | null;
  readonly crash: string;
  /** Explains a null, or anything else that matters for the comparison. */
  readonly note: string;
}

export interface Report {
  readonly figures: readonly Figure[];
  readonly peers: readonly Peer[];
}

/** Makes a figure that must not exceed its target. */
export function makeTargetFigure(target: number, name: string, value: number): Figure {
  return { name, value: roundFigure(value), target, met: value <= target };
}

/** Makes a figure without a target. */
export function makeReportedFigure(name: string, value: number): Figure {
  return { name, value: roundFigure(value), target: null, met: null };
}

/** Rounds to four significant digits; returns whole numbers unchanged. */
export function roundFigure(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(4));
}

/** Returns the median: the middle value, or the mean of the two in the middle. @throws Error for no values */
export function computeMedian(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  if (low === undefined || high === undefined) throw new Error('there is no median of nothing');
  return (low + high) / 2;
}

/** Returns the shortest wall time: other load on the machine can only lengthen a time. */
export function findBest(ms: readonly number[]): number {
  return Math.min(...ms);
}

/** Returns the ratio of the largest to the smallest value: 1 for equal values. */
export function computeSpread(values: readonly number[]): number {
  return Math.max(...values) / Math.min(...values);
}
