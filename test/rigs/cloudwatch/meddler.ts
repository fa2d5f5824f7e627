/** Meddles with single calls on their way to an emulator: faults that happen when a test says so, and to whom it says. */
import { type Around, operationOf, type WholeAnswer } from '../../../tools/kit/forwarding.ts';
import type { HttpRequest } from '../../../tools/kit/http-server.ts';

/** Carries a call out in its own way. */
export type Meddling = (call: HttpRequest, forward: () => Promise<WholeAnswer>) => Promise<WholeAnswer>;

interface Rule {
  readonly operation: string;
  /** Texts that are all in the body. */
  readonly parts: readonly string[];
  readonly act: Meddling;
}

export class Meddler {
  readonly #rules = new Set<Rule>();

  /** To be put around the calls. */
  readonly around: Around = (call, forward) => {
    const text = call.body.toString();
    const rule = [...this.#rules].find(
      ({ operation, parts }) => operation === operationOf(call) && parts.every((part) => text.includes(part)),
    );
    const carryOut = () => forward(call);
    return rule === undefined ? carryOut() : rule.act(call, carryOut);
  };

  /**
   * Meddles with every call of an operation whose body has all of `parts`.
   *
   * @returns ends it
   */
  always(operation: string, parts: readonly string[], act: Meddling): () => void {
    const rule = { operation, parts, act };
    this.#rules.add(rule);
    return () => {
      this.#rules.delete(rule);
    };
  }

  /** Meddles with the first such call; resolves when that has its answer. */
  once(operation: string, parts: readonly string[], act: Meddling): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const end = this.always(operation, parts, async (call, forward) => {
      end();
      try {
        const answer = await act(call, forward);
        resolve(undefined);
        return answer;
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
        throw error;
      }
    });
    return promise;
  }
}

/** Refuses a call with an error of the service, which is not tried again but for throttling. */
export function refused(error: string): Meddling {
  const answer = {
    status: 400,
    headers: { 'content-type': 'application/x-amz-json-1.0' },
    body: Buffer.from(
      JSON.stringify({ __type: `com.amazonaws.test#${error}`, message: 'refused by the test' }),
    ),
  };
  return () => Promise.resolve(answer);
}

/** Somebody else has just done the very same: the one who asked comes second. */
export const twice: Meddling = async (_call, forward) => {
  await forward();
  return forward();
};
