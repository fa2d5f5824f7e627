/** Does to the calls to an emulator what a network and a busy service do. */
import { type Around, operationOf } from '../../../tools/kit/forwarding.ts';
import { hangUp } from '../../../tools/kit/http-server.ts';

export interface TroubleOptions {
  /** Share of the calls that are refused for want of capacity. */
  readonly throttled: number;
  /** Share of the calls that are carried out and not answered. */
  readonly unanswered: number;
  /** Share of the calls that are carried out twice; only where `mayRepeat` says so. */
  readonly repeated: number;
  /** The error that the service names when it throttles. */
  readonly throttlingError: string;
  /** Whether a call of this operation may be repeated. */
  readonly mayRepeat: (operation: string) => boolean;
  /** From 0 to 1. */
  readonly random: () => number;
}

export class TroubledService {
  /** What was done, by kind. */
  readonly counts = { forwarded: 0, throttled: 0, unanswered: 0, repeated: 0 };
  /** While false, everything is just forwarded. */
  troubled = false;
  /** Sees every call that is carried out and its answer, whoever gets to know it. Nothing, until it is set. */
  observe: Around = (call, forward) => forward(call);
  readonly #options: TroubleOptions;

  constructor(options: TroubleOptions) {
    this.#options = options;
  }

  /** To be put around the calls. */
  readonly around: Around = async (call, forward) => {
    const { throttled, unanswered, repeated, throttlingError, mayRepeat, random } = this.#options;
    const happens = (share: number) => this.troubled && random() < share;
    if (happens(throttled)) {
      this.counts.throttled += 1;
      return {
        status: 400,
        headers: { 'content-type': call.headers['content-type'] ?? 'application/x-amz-json-1.0' },
        body: Buffer.from(JSON.stringify({ __type: throttlingError, message: 'slow down' })),
      };
    }
    this.counts.forwarded += 1;
    if (mayRepeat(operationOf(call)) && happens(repeated)) {
      this.counts.repeated += 1;
      await this.observe(call, forward);
    }
    const answer = await this.observe(call, forward);
    if (happens(unanswered)) {
      this.counts.unanswered += 1;
      return hangUp();
    }
    return answer;
  };
}
