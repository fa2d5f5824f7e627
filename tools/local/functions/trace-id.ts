/** Makes X-Ray trace ids in the form of the header `X-Amzn-Trace-Id`. */
import { randomBytes } from 'node:crypto';

/** Makes the header value of a new trace, without a sampling decision, as an HTTP API does. */
export function makeTraceId(): string {
  const seconds = Math.floor(Date.now() / 1_000).toString(16);
  return `Root=1-${seconds}-${randomBytes(12).toString('hex')};Parent=${randomBytes(8).toString('hex')}`;
}

/** Adds the decision of Lambda, which makes one for each invocation that comes without. */
export function decideSampling(traceId: string, isSampled: boolean): string {
  return `${traceId};Sampled=${isSampled ? '1' : '0'}`;
}
