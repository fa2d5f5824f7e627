/** What the bench tells: figures with their targets, and peers. */

export interface Figure {
  readonly name: string;
  readonly value: number;
  /** The most that it may be; null where it is only reported. */
  readonly target: number | null;
  readonly met: boolean | null;
}

export interface Peer {
  readonly name: string;
  /** Wall time against the bare conditional writes, in the same run; null where it is not run. */
  readonly wall: number | null;
  /** Write units per target group. */
  readonly units: number | null;
  /** By use, per million target groups. */
  readonly dollars: number | null;
  /** What stands still costs, dollars a month. */
  readonly dollarsPerMonth: number | null;
  readonly crash: string;
  /** Why something is null, or what else must be known to compare. */
  readonly note: string;
}

export interface Report {
  readonly figures: readonly Figure[];
  readonly peers: readonly Peer[];
}

/** A figure that is to be at most its target. */
export function atMost(target: number, name: string, value: number): Figure {
  return { name, value: rounded(value), target, met: value <= target };
}

/** A figure without a target. */
export function reported(name: string, value: number): Figure {
  return { name, value: rounded(value), target: null, met: null };
}

/** Four digits that count; whole numbers as they are. */
export function rounded(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(4));
}

/** The middle one, or the mean of the two in the middle. @throws Error for no values */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  if (low === undefined || high === undefined) throw new Error('there is no median of nothing');
  return (low + high) / 2;
}

/** Of wall times: whatever else a machine does can only add to them. */
export function best(ms: readonly number[]): number {
  return Math.min(...ms);
}

/** How far apart the largest and the smallest are: 1 for flat. */
export function spread(values: readonly number[]): number {
  return Math.max(...values) / Math.min(...values);
}
