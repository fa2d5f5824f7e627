/** Makes X-Ray trace ids in the form of the header `X-Amzn-Trace-Id`. */
import { randomBytes } from 'node:crypto';

/** Makes the header value of a new trace. It is not sampled: nothing here receives segments by default. */
export function makeTraceId(): string {
  const seconds = Math.floor(Date.now() / 1_000).toString(16);
  return `Root=1-${seconds}-${randomBytes(12).toString('hex')};Parent=${randomBytes(8).toString('hex')};Sampled=0`;
}
