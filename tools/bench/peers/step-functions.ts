/**
 * Step Functions' Distributed Map, on paper: what it would cost by the price list, without running it.
 * Nothing of the list is left out that would make it cheaper; what is not clear is taken in its favour.
 */
import { billedMs, gigabyteSeconds } from '../dollars.ts';
import { PRICES } from '../prices.ts';

/** An Express workflow is billed by 64 MB and 100 ms. */
const EXPRESS_GB = 64 / 1_024;
const EXPRESS_SECONDS = 0.1;

/**
 * Per target group, with a child workflow for each that writes to DynamoDB itself:
 * one write + one Express request + 64 MB for 100 ms.
 * That the parent counts a state transition for each child is left out: the price list is not clear about it.
 */
export function perItemDollars(): number {
  return (
    PRICES.writeUnit + PRICES.expressRequest + EXPRESS_GB * EXPRESS_SECONDS * PRICES.expressGigabyteSecond
  );
}

/** What a function of ours would take for a batch. */
export interface BatchWork {
  readonly size: number;
  readonly cpuMs: number;
  readonly memoryMb: number;
  readonly parallelism: number;
}

/**
 * Per target group, with a child workflow for each batch that runs a function like our worker, without claims
 * and results: one write + (one state transition + one invocation + its GB-s) / batch size. Standard
 * children, because Express ones may run twice.
 */
export function batchedDollars({ size, cpuMs, memoryMb, parallelism }: BatchWork): number {
  const ms = billedMs({ cpuMs, serialCalls: 0, parallelCalls: size, parallelism }, memoryMb);
  const batch =
    PRICES.stateTransition + PRICES.invocation + gigabyteSeconds(ms, memoryMb) * PRICES.gigabyteSecond;
  return PRICES.writeUnit + batch / size;
}
