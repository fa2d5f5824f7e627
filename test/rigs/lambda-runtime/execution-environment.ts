/**
 * An execution environment: a process of Amazon's runtime client with one bundle, frozen between invocations
 * and killed at a timeout, as Lambda does it:
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseObject } from '../../../tools/kit/json.ts';
import type { Listener } from '../../../tools/kit/loopback.ts';
import { makeTraceId } from '../../../tools/local/functions/trace-id.ts';
import type { LambdaFunction } from '../../../tools/local/template/read-functions.ts';
import { type Invocation, type PostedError, serveRuntimeApi } from './runtime-api.ts';

const RUNTIME_CLIENT = join(import.meta.dirname, 'node_modules/aws-lambda-ric/index.mjs');

/** How an invocation ended. */
export type Ending =
  | { readonly kind: 'response'; readonly body: string }
  | { readonly kind: 'error'; readonly error: PostedError }
  | { readonly kind: 'response too large'; readonly bytes: number }
  /** The process ended before its response: by itself, or killed at its deadline. */
  | ({ readonly kind: 'exit' } & Exit);

/** How a process ended. */
interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface InvokeOptions {
  /** Default: the timeout of the template. */
  readonly timeoutMs?: number;
  /** How long after the deadline the process is killed, so that a busy machine fails no test. Default: 0. */
  readonly graceMs?: number;
  readonly traceId?: string;
}

export class ExecutionEnvironment {
  /** The lines that the process wrote so far, on either stream. */
  readonly lines: string[] = [];
  /** When the last invocation had its response, its error or its end, epoch ms. */
  endedAt = NaN;
  /** The id of the last invocation. */
  requestId = '';
  /** The error with which the function could not be loaded. */
  initError: PostedError | undefined;
  readonly exit: Promise<Exit>;
  readonly #lambda: LambdaFunction;
  readonly #api: Listener;
  readonly #process: ChildProcess;
  /** Resolves when the runtime asks for an event. */
  #asked = Promise.withResolvers<undefined>();
  /** Hands the runtime the event that it asked for. */
  #give: ((invocation: Invocation) => void) | undefined;
  #current: { readonly requestId: string; readonly end: (ending: Ending) => void } | undefined;

  /**
   * Starts a process; `waitUntilIdle` tells when the function is loaded.
   *
   * @param makeEnvironment makes the variables of the process
   */
  static async start(
    lambda: LambdaFunction,
    makeEnvironment: (runtimeApi: string) => Readonly<Record<string, string>>,
  ): Promise<ExecutionEnvironment> {
    const environment: { current?: ExecutionEnvironment } = {};
    const get = () => {
      if (environment.current === undefined) throw new Error('nothing has started yet');
      return environment.current;
    };
    const api = await serveRuntimeApi({
      next: () => get().#next(),
      respond: (id, body) => {
        get().#end(id, { kind: 'response', body });
      },
      refuseResponse: (id, bytes) => {
        get().#end(id, { kind: 'response too large', bytes });
      },
      fail: (id, error) => {
        get().#end(id, { kind: 'error', error });
      },
      failInit: (error) => {
        get().initError = error;
      },
    });
    const env = makeEnvironment(new URL(api.url).host);
    environment.current = new ExecutionEnvironment(lambda, api, env);
    return environment.current;
  }

  private constructor(lambda: LambdaFunction, api: Listener, env: Readonly<Record<string, string>>) {
    this.#lambda = lambda;
    this.#api = api;
    this.#process = spawn(
      process.execPath,
      [`--max-old-space-size=${lambda.memoryMegabytes}`, RUNTIME_CLIENT],
      { cwd: lambda.codePath, env, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      if (stream !== null) createInterface(stream).on('line', (line) => this.lines.push(line));
    }
    this.exit = new Promise((resolve) => {
      // At `close` all of its output has been read.
      this.#process.once('close', (code, signal) => {
        resolve({ code, signal });
      });
    });
    // A process that ends while it is waited for must not keep the test waiting.
    void this.exit.then(({ code, signal }) => {
      this.#asked.reject(new Error(`the process ended (${signal ?? code}):\n${this.lines.join('\n')}`));
      this.endedAt = now();
      this.#current?.end({ kind: 'exit', code, signal });
    });
    this.#asked.promise.catch(() => undefined);
  }

  /** The lines of JSON that the process wrote so far. */
  get records(): Record<string, unknown>[] {
    return this.lines.map(parseObject).filter((record) => record !== undefined);
  }

  /** Resolves when the runtime waits for an event, and is frozen. */
  async waitUntilIdle(): Promise<this> {
    await this.#asked.promise;
    return this;
  }

  /** Thaws the process, runs an event, and resolves when it is frozen again or has ended. */
  async invoke(event: unknown, options: InvokeOptions = {}): Promise<Ending> {
    await this.#asked.promise;
    const give = this.#give;
    if (give === undefined || this.#current !== undefined) throw new Error('an invocation is in progress');
    const requestId = randomUUID();
    this.requestId = requestId;
    const ended = Promise.withResolvers<Ending>();
    this.#current = { requestId, end: ended.resolve };
    this.#asked = Promise.withResolvers();
    this.#asked.promise.catch(() => undefined);
    this.#give = undefined;

    this.#process.kill('SIGCONT');
    const timeoutMs = options.timeoutMs ?? this.#lambda.timeoutSeconds * 1_000;
    const deadline = Date.now() + timeoutMs;
    give({
      requestId,
      event: typeof event === 'string' ? event : JSON.stringify(event),
      deadline,
      functionArn: this.#lambda.arn,
      traceId: options.traceId ?? makeTraceId(),
    });
    // Lambda ends an environment whose invocation is not over at its deadline.
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), timeoutMs + (options.graceMs ?? 0));
    const ending = await ended.promise;
    clearTimeout(timer);
    this.#current = undefined;
    if (ending.kind !== 'exit') await this.#asked.promise;
    return ending;
  }

  /** Makes the process hang in the middle of an invocation, so that only its deadline ends it. */
  hang(): void {
    this.#process.kill('SIGSTOP');
  }

  /** Ends the process, also one that is frozen. */
  async stop(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.exit;
    await this.#api.close();
  }

  /** Freezes the process: it has asked for the next event, and there is none. */
  #next(): Promise<Invocation> {
    this.#process.kill('SIGSTOP');
    const { promise, resolve } = Promise.withResolvers<Invocation>();
    this.#give = resolve;
    this.#asked.resolve(undefined);
    return promise;
  }

  #end(requestId: string, ending: Ending): void {
    if (this.#current?.requestId !== requestId) throw new Error(`no invocation ${requestId} is in progress`);
    this.endedAt = now();
    this.#current.end(ending);
  }
}

/** The time of the machine in epoch ms, with fractions, as the recording of calls has it. */
function now(): number {
  return performance.timeOrigin + performance.now();
}
