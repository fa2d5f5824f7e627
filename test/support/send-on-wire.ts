/** Sends a request with exactly these headers, as a library would not, and checks the answer. */
import { requireConformance } from '../rigs/conformance/check-exchange.ts';
import { send, type WireAnswer } from '../rigs/fuzz/wire.ts';

interface RawRequest {
  readonly method: string;
  readonly target: string;
  /** In this order. A name may stand several times. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body?: string | Uint8Array<ArrayBuffer>;
}

/**
 * @throws OutsideDescriptionError if request and answer do not conform to the description of the API
 * @throws Error if there is no answer
 */
export async function sendOnWire(url: string, request: RawRequest): Promise<WireAnswer> {
  const { method, target, headers, body = '' } = request;
  const answer = await send(
    Number(new URL(url).port),
    {
      method,
      target,
      version: 'HTTP/1.1',
      headers: [['host', 'x'], ...headers, ['connection', 'close']],
      body: Buffer.from(body),
      framing: body === '' ? 'none' : 'length',
      flips: [],
    },
    false,
  );
  if (typeof answer === 'string') throw new Error(`no answer: ${answer}`);
  requireConformance(url, {
    method,
    path: target,
    headers: Object.fromEntries(headers),
    ...(body !== '' && { body }),
    answer: { ...answer, text: answer.body },
  });
  return answer;
}
