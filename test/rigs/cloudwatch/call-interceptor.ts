/** Intercepts single calls on their way to an emulator: a test decides which call meets which fault. */
import { type CallHook, readOperation, type WholeAnswer } from '../../../tools/kit/forwarding.ts';
import type { HttpRequest } from '../../../tools/kit/http-server.ts';

/** Carries out a call, or something else in its place. */
export type Interception = (call: HttpRequest, forward: () => Promise<WholeAnswer>) => Promise<WholeAnswer>;

interface Rule {
  readonly operation: string;
  /** Texts that the body must all contain. */
  readonly parts: readonly string[];
  readonly act: Interception;
}

export class CallInterceptor {
  readonly #rules = new Set<Rule>();

  /** Wraps the calls. */
  readonly around: CallHook = (call, forward) => {
    const text = call.body.toString();
    const rule = [...this.#rules].find(
      ({ operation, parts }) =>
        operation === readOperation(call) && parts.every((part) => text.includes(part)),
    );
    const carryOut = () => forward(call);
    return rule === undefined ? carryOut() : rule.act(call, carryOut);
  };

  /**
   * Intercepts every call of an operation whose body contains all of `parts`.
   *
   * @returns a function that ends the interception
   */
  interceptAll(operation: string, parts: readonly string[], act: Interception): () => void {
    const rule = { operation, parts, act };
    this.#rules.add(rule);
    return () => {
      this.#rules.delete(rule);
    };
  }

  /** Intercepts the next such call only; resolves when it has its answer. */
  interceptNext(operation: string, parts: readonly string[], act: Interception): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const end = this.interceptAll(operation, parts, async (call, forward) => {
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

/** Refuses a call with an error of the service. The SDK retries the call only after a throttling error. */
export function makeRefusal(error: string): Interception {
  const answer = {
    status: 400,
    headers: { 'content-type': 'application/x-amz-json-1.0' },
    body: Buffer.from(
      JSON.stringify({ __type: `com.amazonaws.test#${error}`, message: 'refused by the test' }),
    ),
  };
  return () => Promise.resolve(answer);
}

/** Carries out a call twice and returns the second answer, as if another caller had been faster. */
export const carryOutTwice: Interception = async (_call, forward) => {
  await forward();
  return forward();
};
