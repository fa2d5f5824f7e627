/** Manages the instances of one function: reuses idle ones and starts new ones on demand, up to a limit. */
import { availableParallelism } from 'node:os';
import type { LambdaFunction } from '../template/read-functions.ts';
import type { ServiceEndpoints } from './function-environment.ts';
import { FunctionInstance } from './instance.ts';
import type { InvocationResult } from './messages.ts';

/**
 * The most instances of one function. All instances share the CPUs of this machine: more of them would run so
 * slowly that they time out.
 */
const MOST_INSTANCES = Math.min(10, 2 * availableParallelism());

/** The most events that wait for an instance; further ones are throttled, as Lambda does. */
const MOST_WAITING = 1_000;

export interface InvokeOptions {
  /** In the form of the header `X-Amzn-Trace-Id`. */
  readonly traceId?: string | undefined;
  /** Drops the event if it still waits for an instance. */
  readonly signal?: AbortSignal | undefined;
}

/** Runs events; implemented by the pool. */
export interface Invoker {
  /** Runs one event (JSON). Never rejects. */
  invoke(event: string, options?: InvokeOptions): Promise<InvocationResult>;
}

/** Observes the invocations of a function. */
export interface InvocationWatch {
  /** Called when an invocation was throttled. */
  onThrottled(): void;
  /** Called when an invocation begins; the returned function is called with its result. */
  begin(): (result: InvocationResult) => void;
}

const UNWATCHED: InvocationWatch = { onThrottled: () => undefined, begin: () => () => undefined };

/** Combines two watches; both are called for each invocation. */
export function combineWatches(one: InvocationWatch, other: InvocationWatch = UNWATCHED): InvocationWatch {
  return {
    onThrottled: () => {
      one.onThrottled();
      other.onThrottled();
    },
    begin: () => {
      const ends = [one.begin(), other.begin()];
      return (result) => {
        for (const end of ends) end(result);
      };
    },
  };
}

const THROTTLED: InvocationResult = {
  ok: false,
  error: { errorType: 'TooManyRequestsException', errorMessage: 'Rate Exceeded.', trace: [] },
};

export class FunctionPool implements Invoker {
  readonly lambda: LambdaFunction;
  watch = UNWATCHED;
  readonly #endpoints: ServiceEndpoints;
  readonly #log: (text: string) => void;
  readonly #reserved: number;
  readonly #limit: number;
  readonly #instances = new Set<FunctionInstance>();
  readonly #idle: FunctionInstance[] = [];
  readonly #waiting = new Set<(instance: FunctionInstance | undefined) => void>();
  readonly #killAfterMs: () => number | undefined;
  #stopped = false;

  /**
   * @param log called with each line that an instance prints
   * @param killAfterMs draws after how long an invocation is killed; undefined for one that is not
   * @param mostInstances how many instances may run on this machine; further events wait, unless they exceed
   *   the reserved concurrency
   */
  constructor(
    lambda: LambdaFunction,
    endpoints: ServiceEndpoints,
    log: (text: string) => void,
    killAfterMs: () => number | undefined = () => undefined,
    mostInstances = MOST_INSTANCES,
  ) {
    this.#killAfterMs = killAfterMs;
    this.lambda = lambda;
    this.#endpoints = endpoints;
    this.#log = log;
    this.#reserved = lambda.reservedConcurrency ?? Infinity;
    this.#limit = Math.min(this.#reserved, mostInstances);
  }

  /** The most events that run at a time. */
  get concurrency(): number {
    return this.#limit;
  }

  /** Number of events that run or wait. Both count towards the reserved concurrency. */
  get #eventsInProgress(): number {
    return this.#instances.size - this.#idle.length + this.#waiting.size;
  }

  /**
   * Runs one event on the next free instance; throttles it when the reserved concurrency is used up. Never
   * rejects.
   * @param event JSON
   */
  async invoke(event: string, options: InvokeOptions = {}): Promise<InvocationResult> {
    const instance = await this.#acquire(options.signal);
    if (instance === undefined) {
      this.watch.onThrottled();
      return THROTTLED;
    }
    const end = this.watch.begin();
    const killAfterMs = this.#killAfterMs();
    const killer =
      killAfterMs === undefined ? undefined : setTimeout(() => void instance.terminate(), killAfterMs);
    const result = await instance.invoke(event, options.traceId);
    clearTimeout(killer);
    this.#release(instance);
    end(result);
    return result;
  }

  /** Kills every instance; their invocations fail. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const give of this.#waiting) give(undefined);
    this.#waiting.clear();
    await Promise.all([...this.#instances].map((instance) => instance.terminate()));
  }

  async #acquire(signal: AbortSignal | undefined): Promise<FunctionInstance | undefined> {
    if (this.#stopped || this.#eventsInProgress >= this.#reserved) return undefined;
    const idle = this.#takeIdle();
    if (idle !== undefined) return idle;
    if (this.#instances.size < this.#limit) return this.#start();
    if (this.#waiting.size >= MOST_WAITING) return undefined;
    const { promise, resolve } = Promise.withResolvers<FunctionInstance | undefined>();
    this.#waiting.add(resolve);
    signal?.addEventListener('abort', () => {
      if (this.#waiting.delete(resolve)) resolve(undefined);
    });
    return promise;
  }

  #takeIdle(): FunctionInstance | undefined {
    for (let instance = this.#idle.pop(); instance !== undefined; instance = this.#idle.pop()) {
      if (instance.alive) return instance;
      this.#instances.delete(instance);
    }
    return undefined;
  }

  #start(): FunctionInstance {
    const instance = new FunctionInstance(this.lambda, this.#endpoints, this.#log);
    this.#instances.add(instance);
    return instance;
  }

  #release(instance: FunctionInstance): void {
    if (!instance.alive) this.#instances.delete(instance);
    if (this.#stopped) return;
    const [next] = this.#waiting;
    if (next === undefined) {
      if (instance.alive) this.#idle.push(instance);
      return;
    }
    this.#waiting.delete(next);
    next(instance.alive ? instance : this.#start());
  }
}

/**
 * Draws after how long an invocation is killed, within a second. Short delays are more likely, because most
 * invocations are short.
 * @param share share of the invocations that are killed, 0 to 1
 */
export function drawKill(share: number): number | undefined {
  return Math.random() < share ? 1_000 * Math.random() ** 2 : undefined;
}
