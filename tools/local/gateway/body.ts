/** Reads the body of a request, up to the gateway's limit. */
import type { IncomingMessage } from 'node:http';
import { MAX_BODY_BYTES } from '../../../api/limits.ts';

/** The client disconnected before the end of its request. */
export class RequestAbortedError extends Error {
  override readonly name = 'RequestAbortedError';
}

/**
 * Returns the whole body, or `too large` as soon as that is known. The rest of a large body is read and
 * discarded: a client that is still sending would miss the answer if the connection were closed.
 * @throws RequestAbortedError
 */
export function readBody(request: IncomingMessage): Promise<Buffer | 'too large'> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const endAsTooLarge = () => {
      request.off('data', collect);
      request.resume();
      resolve('too large');
    };
    const collect = (chunk: Buffer) => {
      length += chunk.length;
      if (length > MAX_BODY_BYTES) endAsTooLarge();
      else chunks.push(chunk);
    };
    const rejectAborted = () => {
      reject(new RequestAbortedError());
    };
    request.once('error', rejectAborted).once('close', rejectAborted);
    request.once('end', () => {
      resolve(Buffer.concat(chunks, length));
    });
    if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) endAsTooLarge();
    else request.on('data', collect);
  });
}
