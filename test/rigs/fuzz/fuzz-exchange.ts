/** Converts a request of the fuzzer and its answer for the check against docs/openapi.yaml. */
import type { Exchange } from '../conformance/conformance.ts';
import type { FuzzRequest } from './fuzz-requests.ts';
import type { WireAnswer } from './wire.ts';

/** Leaves out the request headers of broken requests and repeated names: it is unclear how they were read. */
export function makeExchange(request: FuzzRequest, answer: WireAnswer): Exchange {
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
