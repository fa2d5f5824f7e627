/**
 * Computes the costs of a Distributed Map of Step Functions from the price list, without running it. Where
 * the list is not clear, the cheaper reading counts.
 */
import { estimateBilledMs, computeGigabyteSeconds } from '../dollars.ts';
import { PRICES } from '../prices.ts';

/** An Express workflow is billed in steps of 64 MB and 100 ms; this is the smallest bill. */
const EXPRESS_GB = 64 / 1_024;
const EXPRESS_SECONDS = 0.1;

/**
 * Computes dollars per target group, with an Express child workflow for each that writes to DynamoDB itself:
 * one write + one Express request + 64 MB for 100 ms.
 * A state transition of the parent for each child is not included: the price list is not clear about it.
 */
export function computePerItemDollars(): number {
  return (
    PRICES.writeUnit + PRICES.expressRequest + EXPRESS_GB * EXPRESS_SECONDS * PRICES.expressGigabyteSecond
  );
}

/** The work of our function for a batch. */
export interface BatchWork {
  readonly size: number;
  readonly cpuMs: number;
  readonly memoryMb: number;
  readonly parallelism: number;
}

/**
 * Computes dollars per target group, with a child workflow for each batch that runs a function like our
 * worker, without claims and results: one write + (one state transition + one invocation + its GB-s) / batch
 * size. The children are Standard workflows, because Express ones may run twice.
 */
export function computeBatchedDollars({ size, cpuMs, memoryMb, parallelism }: BatchWork): number {
  const ms = estimateBilledMs({ cpuMs, serialCalls: 0, parallelCalls: size, parallelism }, memoryMb);
  const batch =
    PRICES.stateTransition + PRICES.invocation + computeGigabyteSeconds(ms, memoryMb) * PRICES.gigabyteSecond;
  return PRICES.writeUnit + batch / size;
}
