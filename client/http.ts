/** Sends one HTTP request, and tells an answer from a failure that may pass. */
import { replaceUnprintable } from '../tools/kit/printable.ts';
import { readError } from './read-answers.ts';
import { PassingFailure, parseRetryAfter } from './retry-with-jitter.ts';
import type { ClientDeps } from './client-deps.ts';

/** More than the 30 seconds after which API Gateway answers by itself. */
const REQUEST_TIMEOUT_MS = 40_000;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/**
 * Sends a request and reads the whole answer.
 * @param signal of the caller; its reason is thrown when it aborts
 * @param send sends the request with a signal that also aborts after 40 seconds
 * @throws PassingFailure for 429, 5xx, a broken connection, or an answer that is not complete in time
 */
export async function sendRequest(
  deps: Pick<ClientDeps, 'timeout'>,
  signal: AbortSignal | undefined,
  send: (signal: AbortSignal) => Promise<Response>,
): Promise<Answer> {
  const timeout = deps.timeout(REQUEST_TIMEOUT_MS);
  const answer = await readAnswer(
    send(signal === undefined ? timeout : AbortSignal.any([signal, timeout])),
  ).catch((error: unknown) => {
    signal?.throwIfAborted();
    const reason = timeout.aborted
      ? `no answer within ${REQUEST_TIMEOUT_MS / 1_000} s`
      : describeFailure(error);
    throw new PassingFailure(reason, 0, error);
  });
  const { status, headers, text } = answer;
  if (status === 429 || status >= 500) {
    const { detail, errorId } = readError(text);
    const id = errorId === undefined ? '' : ` (error ${errorId})`;
    const pauseMs = parseRetryAfter(headers.get('retry-after'), Date.now());
    throw new PassingFailure(`answered ${status}: ${detail}${id}`, pauseMs);
  }
  return answer;
}

async function readAnswer(sent: Promise<Response>): Promise<Answer> {
  const response = await sent;
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** Describes why a request failed: the error of `fetch` says only "fetch failed", its cause says why. */
function describeFailure(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : '';
  const message = cause instanceof Error ? cause.message : String(cause);
  return replaceUnprintable(
    message.includes(code) ? message || code || 'no connection' : `${message} (${code})`,
  );
}
