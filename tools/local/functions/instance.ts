/** Runs one instance of a function: a thread with its own environment and memory, for one event at a time. */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { getErrorCode, isError, getErrorMessage } from '../../kit/tool-errors.ts';
import type { LambdaFunction } from '../template/read-functions.ts';
import { makeThreadOptions } from '../threads.ts';
import { makeEnvironment, type ServiceEndpoints } from './function-environment.ts';
import type { FunctionError, InstanceData, InstanceMessage, InvocationResult } from './messages.ts';
import { decideSampling, makeTraceId } from './trace-id.ts';

/** Extensions of the handler's module, in the order in which Lambda tries them. */
const EXTENSIONS = ['.js', '.mjs', '.cjs'];

/** Lambda's limit for the time to load a function. */
const INIT_LIMIT_MILLISECONDS = 10_000;

type Settle = (result: InvocationResult) => void;

export class FunctionInstance {
  readonly #lambda: LambdaFunction;
  readonly #log: (text: string) => void;
  /** Whether its invocations are sampled: all are if a daemon takes the segments, and otherwise none. */
  readonly #isSampled: boolean;
  readonly #thread: Worker;
  readonly #loaded = Promise.withResolvers<FunctionError | undefined>();
  #current: { readonly requestId: string; readonly settle: Settle } | undefined;
  #ended: FunctionError | undefined;

  /** @param log called with each line that the function prints */
  constructor(lambda: LambdaFunction, endpoints: ServiceEndpoints, log: (text: string) => void) {
    this.#lambda = lambda;
    this.#log = log;
    this.#isSampled = endpoints.xrayDaemon !== undefined;
    const logStream = `local/[$LATEST]${randomUUID().replaceAll('-', '')}`;
    const [file = '', exportName = ''] = lambda.handler.split('.');
    const workerData: InstanceData = {
      module: findModuleUrl(lambda.codePath, file),
      exportName,
      functionName: lambda.name,
      functionArn: lambda.arn,
      memoryMegabytes: lambda.memoryMegabytes,
      logGroup: lambda.logGroup,
      logStream,
    };
    this.#thread = new Worker(new URL('./worker-entry.ts', import.meta.url), {
      ...makeThreadOptions(),
      env: makeEnvironment(lambda, endpoints, logStream),
      resourceLimits: { maxOldGenerationSizeMb: lambda.memoryMegabytes },
      workerData,
    });
    this.#thread.on('message', (message: InstanceMessage) => {
      this.#receive(message);
    });
    this.#thread.on('error', (error: unknown) => {
      const outOfMemory = getErrorCode(error) === 'ERR_WORKER_OUT_OF_MEMORY';
      this.#end({
        errorType: outOfMemory ? 'Runtime.OutOfMemory' : isError(error) ? error.name : 'Error',
        errorMessage: getErrorMessage(error),
        trace: isError(error) ? (error.stack ?? '').split('\n') : [],
      });
    });
    this.#thread.on('exit', (code) => {
      this.#end(makeFailure('Runtime.ExitError', `Runtime exited with status ${code}`));
    });
  }

  /** Whether the instance can run another event. */
  get alive(): boolean {
    return this.#ended === undefined;
  }

  /**
   * Runs one event. Never rejects. After a timeout or a crash the instance cannot be used again.
   * @param event JSON
   * @param traceId in the form of the header `X-Amzn-Trace-Id`, without a sampling decision
   */
  async invoke(event: string, traceId: string = makeTraceId()): Promise<InvocationResult> {
    const requestId = randomUUID();
    const initFailure = await this.#load();
    if (initFailure !== undefined) return this.#reportFailure(requestId, initFailure);

    const { promise, resolve } = Promise.withResolvers<InvocationResult>();
    this.#current = { requestId, settle: resolve };
    const limit = this.#lambda.timeoutSeconds * 1_000;
    const timer = setTimeout(() => {
      const message = `Task timed out after ${this.#lambda.timeoutSeconds.toFixed(2)} seconds`;
      void this.#kill(makeFailure('Sandbox.Timedout', `${requestId} ${message}`));
    }, limit);
    this.#thread.postMessage({
      requestId,
      event,
      deadline: Date.now() + limit,
      traceId: decideSampling(traceId, this.#isSampled),
    });
    const result = await promise;
    clearTimeout(timer);
    this.#current = undefined;
    return result.ok ? result : this.#reportFailure(requestId, result.error);
  }

  /** Kills the thread; its invocation fails. */
  terminate(): Promise<void> {
    return this.#kill(makeFailure('Runtime.Terminated', 'the instance was terminated'));
  }

  async #load(): Promise<FunctionError | undefined> {
    const timer = setTimeout(() => {
      void this.#kill(makeFailure('Sandbox.Timedout', 'the function did not load within 10 seconds'));
    }, INIT_LIMIT_MILLISECONDS);
    const initFailure = await this.#loaded.promise;
    clearTimeout(timer);
    return initFailure ?? this.#ended;
  }

  /**
   * Kills the thread. Its event fails only when the thread has ended, so that no call of it arrives later.
   */
  async #kill(reason: FunctionError): Promise<void> {
    this.#ended ??= reason;
    await this.#thread.terminate();
  }

  #receive(message: InstanceMessage): void {
    switch (message.type) {
      case 'log':
        this.#log(message.text);
        break;
      case 'ready':
        this.#loaded.resolve(undefined);
        break;
      case 'initFailed':
        void this.#kill(message.error);
        break;
      case 'succeeded':
        if (this.#current?.requestId === message.requestId)
          this.#current.settle({ ok: true, payload: message.payload });
        break;
      case 'failed':
        if (this.#current?.requestId === message.requestId)
          this.#current.settle({ ok: false, error: message.error });
        break;
    }
  }

  #end(error: FunctionError): void {
    if (this.#ended === undefined) {
      this.#ended = error;
      if (this.#current === undefined) this.#log(`an idle instance ended: ${error.errorMessage}`);
    }
    this.#loaded.resolve(this.#ended);
    this.#current?.settle({ ok: false, error: this.#ended });
  }

  #reportFailure(requestId: string, error: FunctionError): InvocationResult {
    const { errorType, errorMessage, trace } = error;
    this.#log(
      JSON.stringify({
        level: 'ERROR',
        message: 'Invoke Error',
        timestamp: new Date().toISOString(),
        function_request_id: requestId,
        error: { name: errorType, message: errorMessage, stack: trace.join('\n') },
      }),
    );
    return { ok: false, error };
  }
}

function makeFailure(errorType: string, errorMessage: string): FunctionError {
  return { errorType, errorMessage, trace: [] };
}

function findModuleUrl(folder: string, file: string): string {
  const paths = EXTENSIONS.map((extension) => join(folder, file + extension));
  return pathToFileURL(paths.find((path) => existsSync(path)) ?? join(folder, `${file}.mjs`)).href;
}
