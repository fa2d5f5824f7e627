/** Sends one HTTP request, and tells an answer from a failure that may pass. */
import { describeNetworkFailure, findNetworkFault } from '../tools/kit/network-faults.ts';
import { replaceUnprintable } from '../tools/kit/printable.ts';
import { UsageError } from '../tools/kit/tool-errors.ts';
import { InputError } from './client-errors.ts';
import { readError } from './read-answers.ts';
import { FinalFailure, PassingFailure, parseRetryAfter } from './retry-with-jitter.ts';
import type { ClientDeps } from './client-deps.ts';

/** More than the 30 seconds after which API Gateway answers by itself. */
const REQUEST_TIMEOUT_MS = 40_000;

/**
 * Bytes. As large as API Gateway lets an answer be:
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
 */
const LARGEST_ANSWER = 10_485_760;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Sends requests to one server. */
export class Sender {
  readonly #deps: Pick<ClientDeps, 'timeout'>;
  /** Whether the server has answered: then a connection that is refused is an outage, not a wrong address. */
  #hasAnswered = false;

  constructor(deps: Pick<ClientDeps, 'timeout'>) {
    this.#deps = deps;
  }

  /**
   * Sends a request and reads the whole answer.
   * @param signal of the caller; its reason is thrown when it aborts
   * @param send sends the request with a signal that also aborts after 40 seconds
   * @throws PassingFailure for 429, 5xx, a broken connection, or an answer that is not complete in time;
   *   FinalFailure for a certificate that is not accepted, or a server that is not there
   */
  async send(
    signal: AbortSignal | undefined,
    send: (signal: AbortSignal) => Promise<Response>,
  ): Promise<Answer> {
    const timeout = this.#deps.timeout(REQUEST_TIMEOUT_MS);
    const answer = await readAnswer(
      send(signal === undefined ? timeout : AbortSignal.any([signal, timeout])),
    ).catch((error: unknown) => {
      signal?.throwIfAborted();
      throw timeout.aborted
        ? new PassingFailure(`no answer within ${REQUEST_TIMEOUT_MS / 1_000} s`, 0, error)
        : this.#makeFailure(error);
    });
    this.#hasAnswered = true;
    const { status, headers, text } = answer;
    if (status === 429 || status >= 500) {
      const { detail, errorId } = readError(text);
      const id = errorId === undefined ? '' : ` (error ${errorId})`;
      const pauseMs = parseRetryAfter(headers.get('retry-after'), Date.now());
      throw new PassingFailure(`answered ${status}: ${detail}${id}`, pauseMs);
    }
    return answer;
  }

  #makeFailure(error: unknown): Error {
    if (error instanceof FinalFailure) return error;
    if (error instanceof UsageError) return new InputError(error.message, { cause: error });
    const reason = replaceUnprintable(describeNetworkFailure(error));
    const fault = findNetworkFault(error);
    const final = fault !== undefined && (fault.always || !this.#hasAnswered);
    return final ? new FinalFailure(reason, error) : new PassingFailure(reason, 0, error);
  }
}

async function readAnswer(sent: Promise<Response>): Promise<Answer> {
  const response = await sent;
  return { status: response.status, headers: response.headers, text: await readText(response) };
}

/** @throws FinalFailure for an answer that would fill the memory */
async function readText({ body }: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  // Leaving the loop cancels the rest of the answer.
  for await (const part of (body ?? []) as AsyncIterable<Uint8Array>) {
    size += part.length;
    if (size > LARGEST_ANSWER)
      throw new FinalFailure(`the answer is larger than ${LARGEST_ANSWER} bytes`, undefined);
    parts.push(part);
  }
  return new TextDecoder().decode(Buffer.concat(parts));
}
