/** Tests functions in threads: their environment, their failures, and the life of their instances. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { PAYLOAD_LIMIT } from '../../../tools/local/functions/messages.ts';
import { FunctionPool } from '../../../tools/local/functions/pool.ts';
import type { LambdaFunction } from '../../../tools/local/template/read-functions.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { aLambda, type HandwrittenAssembly, writeAssembly } from './handwritten-assembly.ts';

const ENDPOINTS = { dynamodb: 'http://127.0.0.1:1', sqs: 'http://127.0.0.1:2' };

let assemblies: HandwrittenAssembly[] = [];
let pools: FunctionPool[] = [];
let lines: string[] = [];

beforeEach(() => {
  lines = [];
});

afterEach(async () => {
  await Promise.all(pools.map((pool) => pool.stop()));
  for (const assembly of assemblies) assembly.remove();
  pools = [];
  assemblies = [];
});

/** Returns a pool of the function that `source` exports as `handler`. */
function makePool(
  source: string,
  overrides: Partial<LambdaFunction> = {},
  mostInstances?: number,
): FunctionPool {
  const assembly = writeAssembly({}, { Fn: source });
  assemblies.push(assembly);
  const lambda = aLambda(`${assembly.folder}/asset.Fn`, overrides);
  const pool = new FunctionPool(lambda, ENDPOINTS, (line) => lines.push(line), undefined, mostInstances);
  pools.push(pool);
  return pool;
}

async function invokeForAnswer(pool: FunctionPool, event: unknown = {}): Promise<unknown> {
  const result = await pool.invoke(JSON.stringify(event));
  if (!result.ok) throw new Error(result.error.errorMessage);
  return JSON.parse(result.payload);
}

async function invokeForError(pool: FunctionPool, event: unknown = {}) {
  const result = await pool.invoke(JSON.stringify(event));
  if (result.ok) throw new Error(`it succeeded: ${result.payload}`);
  return result.error;
}

/** A function that answers how often its instance was called, unless the event says something else. */
const COUNTER = `
  let calls = 0;
  export const handler = async (event) => {
    calls += 1;
    if (event.hang) await new Promise((resolve) => setTimeout(resolve, 60_000));
    if (event.spin) for (;;);
    if (event.exit) process.exit(event.exit);
    if (event.late) setTimeout(() => { throw new TypeError('late'); });
    if (event.late) await new Promise(() => undefined);
    if (event.error) throw new RangeError(event.error);
    return calls;
  };`;

test('a function gets the event and returns the answer', async () => {
  const pool = makePool('export const handler = (event) => ({ got: event })');
  expect(await invokeForAnswer(pool, { a: [1, 'ä'] })).toEqual({ got: { a: [1, 'ä'] } });
});

test('a missing answer is null', async () => {
  expect(await invokeForAnswer(makePool('export const handler = async () => undefined'))).toBeNull();
});

test('the environment has the variables of the function, Lambda and the emulators, and no others', async () => {
  process.env['SECRET_OF_THE_MACHINE'] = 'x';
  const environment = { TABLE: 'jobs', AWS_ENDPOINT_URL_SQS: 'https://sqs.us-east-1.amazonaws.com' };
  const pool = makePool('export const handler = async () => process.env', { environment });
  expect(await invokeForAnswer(pool)).toMatchObject({
    TABLE: 'jobs',
    AWS_REGION: 'us-east-1',
    AWS_LAMBDA_FUNCTION_NAME: 'local-fn',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128',
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/local-fn',
    _HANDLER: 'index.handler',
    AWS_ENDPOINT_URL_DYNAMODB: ENDPOINTS.dynamodb,
    AWS_ENDPOINT_URL_SQS: ENDPOINTS.sqs,
    _X_AMZN_TRACE_ID: expect.stringMatching(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24};/),
  });
  expect(await invokeForAnswer(pool)).not.toHaveProperty('SECRET_OF_THE_MACHINE');
  expect(await invokeForAnswer(pool)).not.toHaveProperty('AWS_XRAY_DAEMON_ADDRESS');
  delete process.env['SECRET_OF_THE_MACHINE'];
});

test('the context is that of Lambda', async () => {
  const pool = makePool(`export const handler = async (_, context) => ({
    ...context, remaining: context.getRemainingTimeInMillis() })`);
  const { remaining, ...context } = (await invokeForAnswer(pool)) as Record<string, unknown>;
  expect(context).toMatchObject({
    functionName: 'local-fn',
    functionVersion: '$LATEST',
    invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:local-fn',
    memoryLimitInMB: '128',
    awsRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    logGroupName: '/aws/lambda/local-fn',
  });
  expect(remaining).toBeGreaterThan(0);
  expect(remaining).toBeLessThanOrEqual(10_000);
});

test('each line that a function prints is logged in order, also the last ones before it hangs', async () => {
  const pool = makePool(
    `export const handler = async () => {
      console.log('one\\ntwo'); process.stdout.write('thr'); process.stdout.write('ee\\n'); console.error('four');
      for (;;);
    }`,
    { timeoutSeconds: 0.2 },
  );
  await invokeForError(pool);
  expect(lines.slice(0, 4)).toEqual(['one', 'two', 'three', 'four']);
});

test('an instance is used again, one event at a time', async () => {
  const pool = makePool(COUNTER);
  expect(await invokeForAnswer(pool)).toBe(1);
  expect(await invokeForAnswer(pool)).toBe(2);
});

test('concurrent events run on instances of their own, and wait when all allowed instances are busy', async () => {
  const pool = makePool(
    `let running = 0;
    export const handler = async () => {
      running += 1;
      await new Promise((resolve) => setTimeout(resolve, 20));
      const seen = running;
      running -= 1;
      return { seen, thread: (await import('node:worker_threads')).threadId };
    }`,
    {},
    2,
  );
  const answers = (await Promise.all([1, 2, 3, 4, 5].map(() => invokeForAnswer(pool)))) as {
    seen: number;
    thread: number;
  }[];
  expect(new Set(answers.map(({ thread }) => thread)).size).toBe(2);
  expect(answers.every(({ seen }) => seen === 1)).toBe(true);
});

test.each([
  ['run', 4],
  ['run or wait for one of fewer instances', 1],
])('events above the reserved concurrency are throttled: those below it %s', async (_name, mostInstances) => {
  const pool = makePool(COUNTER, { reservedConcurrency: 2, timeoutSeconds: 1 }, mostInstances);
  const [first, second, third] = [
    invokeForError(pool, { hang: true }),
    invokeForAnswer(pool),
    invokeForError(pool),
  ];
  expect(await third).toMatchObject({ errorType: 'TooManyRequestsException' });
  expect(await second).toBe(1);
  expect(await first).toMatchObject({ errorType: 'Sandbox.Timedout' });
  // Events that have ended no longer count.
  expect(await Promise.all([invokeForAnswer(pool), invokeForAnswer(pool)])).toHaveLength(2);
});

test('an event never runs when its caller gives up before an instance is free', async () => {
  const pool = makePool(COUNTER, {}, 1);
  const giveUp = new AbortController();
  const first = invokeForAnswer(pool);
  const second = pool.invoke('{}', { signal: giveUp.signal });
  giveUp.abort();
  expect(await second).toMatchObject({ ok: false, error: { errorType: 'TooManyRequestsException' } });
  expect(await first).toBe(1);
  expect(await invokeForAnswer(pool)).toBe(2);
});

test('an error that is thrown is reported, and the instance stays', async () => {
  const pool = makePool(COUNTER);
  expect(await invokeForError(pool, { error: 'no' })).toMatchObject({
    errorType: 'RangeError',
    errorMessage: 'no',
  });
  expect(JSON.parse(lines.join())).toMatchObject({
    level: 'ERROR',
    message: 'Invoke Error',
    error: { name: 'RangeError', message: 'no' },
  });
  expect(await invokeForAnswer(pool)).toBe(2);
});

describe('the next event gets a new instance after', () => {
  test.each([
    ['a timeout of one that waits', { hang: true }, 'Sandbox.Timedout', /Task timed out after 0\.50 seconds/],
    ['a timeout of one that spins', { spin: true }, 'Sandbox.Timedout', /Task timed out after 0\.50 seconds/],
    ['an exit', { exit: 3 }, 'Runtime.ExitError', /status 3/],
    ['an error outside of the handler', { late: true }, 'TypeError', /late/],
  ])('%s', async (_name, event, errorType, message) => {
    const pool = makePool(COUNTER, { timeoutSeconds: 0.5 });
    expect(await invokeForAnswer(pool)).toBe(1);
    expect(await invokeForError(pool, event)).toMatchObject({
      errorType,
      errorMessage: expect.stringMatching(message),
    });
    expect(lines.at(-1)).toMatch(message);
    expect(await invokeForAnswer(pool)).toBe(1);
  });

  test('running out of memory', async () => {
    const pool = makePool(
      `const kept = [];
      export const handler = async (event) => {
        if (event.eat) for (;;) kept.push(new Array(10_000).fill(kept.length));
        return 'well';
      }`,
      { memoryMegabytes: 32 },
    );
    expect(await invokeForError(pool, { eat: true })).toMatchObject({ errorType: 'Runtime.OutOfMemory' });
    expect(await invokeForAnswer(pool)).toBe('well');
  });
});

test('an instance that dies while it is idle is not used again', async () => {
  const pool = makePool(`import { threadId } from 'node:worker_threads';
    export const handler = async ({ die }) => {
      if (die) setTimeout(() => process.exit(1), 50);
      return threadId;
    }`);
  const first = await invokeForAnswer(pool, { die: true });
  await waitUntil(() => lines.includes('an idle instance ended: Runtime exited with status 1'));
  expect(await invokeForAnswer(pool)).not.toBe(first);
});

test.each([
  ['a module that throws', 'throw new SyntaxError("bad module")', 'SyntaxError'],
  ['a module without the handler', 'export const other = 1', 'Runtime.HandlerNotFound'],
])('%s fails each event', async (_name, source, errorType) => {
  const pool = makePool(source);
  expect(await invokeForError(pool)).toMatchObject({ errorType });
  expect(await invokeForError(pool)).toMatchObject({ errorType });
});

test("an answer at Lambda's size limit is accepted, one byte more is an error", async () => {
  const pool = makePool(`export const handler = async ({ bytes }) => 'x'.repeat(bytes - 2)`);
  expect(await invokeForAnswer(pool, { bytes: PAYLOAD_LIMIT })).toHaveLength(PAYLOAD_LIMIT - 2);
  expect(await invokeForError(pool, { bytes: PAYLOAD_LIMIT + 1 })).toMatchObject({
    errorType: 'Function.ResponseSizeTooLarge',
  });
});

test('a running event fails when the pool stops, and no event runs after that', async () => {
  const pool = makePool(COUNTER);
  expect(await invokeForAnswer(pool)).toBe(1);
  const hanging = invokeForError(pool, { hang: true });
  await pool.stop();
  expect(await hanging).toMatchObject({ errorType: 'Runtime.Terminated' });
  expect(await invokeForError(pool)).toMatchObject({ errorType: 'TooManyRequestsException' });
});
