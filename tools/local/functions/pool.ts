/** The instances of one function: idle ones are used again, new ones start on demand up to a limit. */
import { availableParallelism } from 'node:os';
import type { LambdaFunction } from '../template/functions.ts';
import type { ServiceEndpoints } from './environment.ts';
import { FunctionInstance } from './instance.ts';
import type { InvocationResult } from './messages.ts';

/**
 * Instances of one function at a time. In AWS each has a share of a CPU to itself; here they share this
 * machine's, and more of them would only make each one slower, until it runs out of its time.
 */
const MOST_INSTANCES = Math.min(10, 2 * availableParallelism());

/** Events that may wait for an instance; more are turned away, as Lambda throttles. */
const MOST_WAITING = 1_000;

export interface InvokeOptions {
  /** As in the header `X-Amzn-Trace-Id`. */
  readonly traceId?: string | undefined;
  /** An event whose caller has given up before it found an instance is dropped. */
  readonly signal?: AbortSignal | undefined;
}

/** Something that runs events: a pool. */
export interface Invoker {
  /** Runs one event, JSON. Never rejects. */
  invoke(event: string, options?: InvokeOptions): Promise<InvocationResult>;
}

/** Is told of each invocation of a function. */
export interface InvocationWatch {
  /** One was turned away. */
  throttled(): void;
  /** One begins; what is returned is called with its result. */
  begin(): (result: InvocationResult) => void;
}

const UNWATCHED: InvocationWatch = { throttled: () => undefined, begin: () => () => undefined };

/** Both are told. */
export function bothWatches(one: InvocationWatch, other: InvocationWatch = UNWATCHED): InvocationWatch {
  return {
    throttled: () => {
      one.throttled();
      other.throttled();
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
  private readonly endpoints: ServiceEndpoints;
  private readonly log: (text: string) => void;
  private readonly reserved: number;
  private readonly limit: number;
  private readonly instances = new Set<FunctionInstance>();
  private readonly idle: FunctionInstance[] = [];
  private readonly waiting = new Set<(instance: FunctionInstance | undefined) => void>();
  private readonly killShare: number;
  private stopped = false;

  /**
   * @param log takes each line that an instance prints
   * @param killShare share of the invocations that are killed at a random moment, 0 to 1
   * @param mostInstances that this machine can carry; more events wait, unless they are above the reserved
   *   concurrency
   */
  constructor(
    lambda: LambdaFunction,
    endpoints: ServiceEndpoints,
    log: (text: string) => void,
    killShare = 0,
    mostInstances = MOST_INSTANCES,
  ) {
    this.killShare = killShare;
    this.lambda = lambda;
    this.endpoints = endpoints;
    this.log = log;
    this.reserved = lambda.reservedConcurrency ?? Infinity;
    this.limit = Math.min(this.reserved, mostInstances);
  }

  /** Most events at a time. */
  get concurrency(): number {
    return this.limit;
  }

  /** Events that run, and those that wait because this machine is smaller than the reserved concurrency. */
  private get underWay(): number {
    return this.instances.size - this.idle.length + this.waiting.size;
  }

  /**
   * Runs one event on the first instance that is free; throttled when the reserved concurrency is used up.
   * Never rejects.
   * @param event JSON
   */
  async invoke(event: string, options: InvokeOptions = {}): Promise<InvocationResult> {
    const instance = await this.acquire(options.signal);
    if (instance === undefined) {
      this.watch.throttled();
      return THROTTLED;
    }
    const end = this.watch.begin();
    const killer = Math.random() < this.killShare ? killSoon(instance) : undefined;
    const result = await instance.invoke(event, options.traceId);
    clearTimeout(killer);
    this.release(instance);
    end(result);
    return result;
  }

  /** Kills every instance; what they were doing fails. */
  async stop(): Promise<void> {
    this.stopped = true;
    for (const give of this.waiting) give(undefined);
    this.waiting.clear();
    await Promise.all([...this.instances].map((instance) => instance.terminate()));
  }

  private async acquire(signal: AbortSignal | undefined): Promise<FunctionInstance | undefined> {
    if (this.stopped || this.underWay >= this.reserved) return undefined;
    const idle = this.takeIdle();
    if (idle !== undefined) return idle;
    if (this.instances.size < this.limit) return this.start();
    if (this.waiting.size >= MOST_WAITING) return undefined;
    const { promise, resolve } = Promise.withResolvers<FunctionInstance | undefined>();
    this.waiting.add(resolve);
    signal?.addEventListener('abort', () => {
      if (this.waiting.delete(resolve)) resolve(undefined);
    });
    return promise;
  }

  private takeIdle(): FunctionInstance | undefined {
    for (let instance = this.idle.pop(); instance !== undefined; instance = this.idle.pop()) {
      if (instance.alive) return instance;
      this.instances.delete(instance);
    }
    return undefined;
  }

  private start(): FunctionInstance {
    const instance = new FunctionInstance(this.lambda, this.endpoints, this.log);
    this.instances.add(instance);
    return instance;
  }

  private release(instance: FunctionInstance): void {
    if (!instance.alive) this.instances.delete(instance);
    if (this.stopped) return;
    const [next] = this.waiting;
    if (next === undefined) {
      if (instance.alive) this.idle.push(instance);
      return;
    }
    this.waiting.delete(next);
    next(instance.alive ? instance : this.start());
  }
}

/** Within a second, the sooner the likelier: most invocations are short, and are to be hit in their midst. */
function killSoon(instance: FunctionInstance): NodeJS.Timeout {
  return setTimeout(() => void instance.terminate(), 1_000 * Math.random() ** 2);
}
