/** One HTTP request, and how its end is to be taken: an answer, or a failure that may pass. */
import { printable } from '../tools/kit/printable.ts';
import { readError } from './answers.ts';
import { PassingFailure, retryAfterMs } from './retry.ts';
import type { World } from './world.ts';

/** The gateway in front of the API gives up after 30 seconds, and then answers. */
const REQUEST_TIMEOUT_MS = 40_000;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/**
 * Sends a request and reads its answer to the end.
 * @param signal of the caller, whose reason is thrown when it aborts
 * @param send is given a signal that also ends what takes too long
 * @throws PassingFailure for 429, 5xx, a broken connection, and an answer that does not come or does not end
 *   in time
 */
export async function outcomeOf(
  world: Pick<World, 'timeout'>,
  signal: AbortSignal | undefined,
  send: (signal: AbortSignal) => Promise<Response>,
): Promise<Answer> {
  const timeout = world.timeout(REQUEST_TIMEOUT_MS);
  const answer = await received(
    send(signal === undefined ? timeout : AbortSignal.any([signal, timeout])),
  ).catch((error: unknown) => {
    signal?.throwIfAborted();
    const reason = timeout.aborted ? `no answer within ${REQUEST_TIMEOUT_MS / 1_000} s` : reasonOf(error);
    throw new PassingFailure(reason, 0, error);
  });
  const { status, headers, text } = answer;
  if (status === 429 || status >= 500) {
    const { detail, errorId } = readError(text);
    const id = errorId === undefined ? '' : ` (error ${errorId})`;
    const pauseMs = retryAfterMs(headers.get('retry-after'), Date.now());
    throw new PassingFailure(`answered ${status}: ${detail}${id}`, pauseMs);
  }
  return answer;
}

async function received(sent: Promise<Response>): Promise<Answer> {
  const response = await sent;
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** `fetch` says "fetch failed"; why, its cause says. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : '';
  const message = cause instanceof Error ? cause.message : String(cause);
  return printable(message.includes(code) ? message || code || 'no connection' : `${message} (${code})`);
}
