/**
 * Runs in the thread of an instance and does the work of Lambda's runtime: loads the bundle, then handles one
 * event after the other. It posts each line of output at once, because a terminated thread loses its buffered
 * output.
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { FunctionError, InstanceData, InstanceMessage, Invocation } from './messages.ts';
import { PAYLOAD_LIMIT } from './messages.ts';

if (parentPort === null) throw new Error('worker-entry.ts runs in a thread only');
const port = parentPort;
const data = workerData as InstanceData;

captureOutput(process.stdout);
captureOutput(process.stderr);

try {
  const handler = await loadHandler();
  port.on('message', (invocation: Invocation) => {
    void handle(handler, invocation);
  });
  post({ type: 'ready' });
} catch (error) {
  post({ type: 'initFailed', error: describeError(error) });
}

type Handler = (event: unknown, context: unknown) => unknown;

async function loadHandler(): Promise<Handler> {
  const module = (await import(data.module)) as Record<string, unknown>;
  const handler = module[data.exportName];
  if (typeof handler === 'function') return handler as Handler;
  const error = new Error(`${data.exportName} is undefined or not exported`);
  error.name = 'Runtime.HandlerNotFound';
  throw error;
}

async function handle(handler: Handler, invocation: Invocation): Promise<void> {
  const { requestId } = invocation;
  process.env['_X_AMZN_TRACE_ID'] = invocation.traceId;
  try {
    const answer: unknown = await handler(JSON.parse(invocation.event), makeContext(invocation));
    const payload = JSON.stringify(answer ?? null);
    const bytes = Buffer.byteLength(payload);
    if (bytes > PAYLOAD_LIMIT) {
      const error = new Error(
        `Response payload size (${bytes} bytes) exceeded maximum allowed payload size (${PAYLOAD_LIMIT} bytes).`,
      );
      error.name = 'Function.ResponseSizeTooLarge';
      throw error;
    }
    post({ type: 'succeeded', requestId, payload });
  } catch (error) {
    post({ type: 'failed', requestId, error: describeError(error) });
  }
}

function makeContext(invocation: Invocation) {
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: data.functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: data.functionArn,
    memoryLimitInMB: String(data.memoryMegabytes),
    awsRequestId: invocation.requestId,
    logGroupName: data.logGroup,
    logStreamName: data.logStream,
    getRemainingTimeInMillis: () => Math.max(0, invocation.deadline - Date.now()),
  };
}

function describeError(error: unknown): FunctionError {
  if (!(error instanceof Error)) {
    return { errorType: typeof error, errorMessage: String(error), trace: [] };
  }
  return {
    errorType: error.name,
    errorMessage: error.message,
    trace: (error.stack ?? '').split('\n'),
  };
}

function captureOutput(stream: NodeJS.WriteStream): void {
  const decoder = new TextDecoder();
  let rest = '';
  stream.write = (
    chunk: Uint8Array | string,
    encoding?: BufferEncoding | ((error?: Error | null) => void),
    callback?: (error?: Error | null) => void,
  ): boolean => {
    rest += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    for (const text of lines) post({ type: 'log', text });
    const done = typeof encoding === 'function' ? encoding : callback;
    if (done !== undefined) queueMicrotask(done);
    return true;
  };
}

function post(message: InstanceMessage): void {
  port.postMessage(message);
}
