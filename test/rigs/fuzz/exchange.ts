/** A request of the fuzzer with its answer, as the description of the API is held against them. */
import type { Exchange } from '../conformance/conformance.ts';
import type { FuzzRequest } from './requests.ts';
import type { WireAnswer } from './wire.ts';

/** What was sent is told only where it is certain how it was understood. */
export function exchangeOf(request: FuzzRequest, answer: WireAnswer): Exchange {
  const { method, target, headers, body, broken } = request;
  const names = headers.map(([name]) => name.toLowerCase());
  const certain = !broken && new Set(names).size === names.length;
  return {
    method,
    path: target,
    headers: certain ? Object.fromEntries(headers) : undefined,
    body,
    broken,
    answer: { ...answer, text: answer.body },
  };
}
