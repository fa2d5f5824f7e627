/** Makes an emulator fail like a busy service on a network: it throttles, loses answers, repeats calls. */
import { type CallHook, readOperation } from '../../../tools/kit/forwarding.ts';
import { hangUp } from '../../../tools/kit/http-server.ts';

export interface FaultyServiceOptions {
  /** Share of the calls that are throttled. */
  readonly throttled: number;
  /** Share of the calls that are carried out and not answered. */
  readonly unanswered: number;
  /** Share of the calls that are carried out twice, among those that `mayRepeat` allows. */
  readonly repeated: number;
  /** The error type of a throttled call. */
  readonly throttlingError: string;
  /** Whether a call of this operation may be repeated. */
  readonly mayRepeat: (operation: string) => boolean;
  /** Draws a number of at least 0 and less than 1. */
  readonly random: () => number;
}

export class FaultyService {
  /** Numbers of calls by what was done to them. */
  readonly counts = { forwarded: 0, throttled: 0, unanswered: 0, repeated: 0 };
  /** While this is false, every call is only forwarded. */
  faulty = false;
  /** Sees every call that is carried out, and its answer even if the caller loses it; forwards by default. */
  observe: CallHook = (call, forward) => forward(call);
  readonly #options: FaultyServiceOptions;

  constructor(options: FaultyServiceOptions) {
    this.#options = options;
  }

  /** Wraps the calls. */
  readonly around: CallHook = async (call, forward) => {
    const { throttled, unanswered, repeated, throttlingError, mayRepeat, random } = this.#options;
    const isDrawn = (share: number) => this.faulty && random() < share;
    if (isDrawn(throttled)) {
      this.counts.throttled += 1;
      return {
        status: 400,
        headers: { 'content-type': call.headers['content-type'] ?? 'application/x-amz-json-1.0' },
        body: Buffer.from(JSON.stringify({ __type: throttlingError, message: 'slow down' })),
      };
    }
    this.counts.forwarded += 1;
    if (mayRepeat(readOperation(call)) && isDrawn(repeated)) {
      this.counts.repeated += 1;
      await this.observe(call, forward);
    }
    const answer = await this.observe(call, forward);
    if (isDrawn(unanswered)) {
      this.counts.unanswered += 1;
      return hangUp();
    }
    return answer;
  };
}
