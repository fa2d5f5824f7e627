/** Tests what the local stack records for its status page, and that it drops old entries. */
import { describe, expect, test } from '@jest/globals';
import { JobList } from '../../../../tools/local/status/job-list.ts';
import { LogLines, type LogLineContent } from '../../../../tools/local/status/log-lines.ts';
import { Recorder } from '../../../../tools/local/status/recorder.ts';
import { anId } from '../../../support/builders.ts';

const START = Date.UTC(2026, 0, 15, 12);
const OK = { ok: true, payload: 'null' } as const;
const FAILED = { ok: false, error: { errorType: 'Error', errorMessage: 'no', trace: [] } } as const;

function aLine(overrides: Partial<LogLineContent> = {}): LogLineContent {
  return {
    at: START,
    level: 'INFO',
    source: 'Worker',
    message: 'chunk.settled',
    fields: [],
    calls: [],
    jobId: undefined,
    traceId: undefined,
    ...overrides,
  };
}

/** Returns a recorder, its clock, which only a test moves, and a function that logs a line. */
function aRecorder() {
  const clock = { now: START };
  const recorder = new Recorder(() => clock.now);
  const line = (message: string, fields: Record<string, unknown> = {}) => {
    recorder.log({ kind: 'function', functionName: 'Worker', text: JSON.stringify({ message, ...fields }) });
  };
  return { clock, recorder, line };
}

describe('log lines', () => {
  test('are kept if they are the newest, oldest first, with numbers that go on', () => {
    const lines = new LogLines(3);
    for (const message of ['a', 'b', 'c', 'd']) lines.add(aLine({ message }));
    expect(lines.readNewest(10).map(({ number, message }) => [number, message])).toEqual([
      [2, 'b'],
      [3, 'c'],
      [4, 'd'],
    ]);
    expect(lines.readNewest(2).map(({ message }) => message)).toEqual(['c', 'd']);
    expect(lines.readNewest(10, 3).map(({ message }) => message)).toEqual(['d']);
    expect(lines.readNewest(10, 4)).toEqual([]);
    expect(lines.last).toBe(4);
  });

  test('replace more of the old ones when they are long', () => {
    const lines = new LogLines(100, 1_000);
    for (let n = 0; n < 50; n++) lines.add(aLine({ message: 'x'.repeat(194) }));
    // Each line has 200 characters: 194 of its message and the six of `Worker`.
    expect(lines.readNewest(100)).toHaveLength(5);
  });

  test('of a job are its own and those of its trace that name no job', () => {
    const lines = new LogLines();
    const [jobId, other] = [anId(), anId()];
    lines.add(aLine({ message: 'own', jobId }));
    lines.add(aLine({ message: 'of its trace', traceId: 't' }));
    lines.add(aLine({ message: 'of another job in its trace', jobId: other, traceId: 't' }));
    lines.add(aLine({ message: 'of nobody' }));
    expect(lines.readNewest(10, 0, { jobId, traceId: 't' }).map(({ message }) => message)).toEqual([
      'own',
      'of its trace',
    ]);
    expect(lines.readNewest(10, 0, { jobId, traceId: undefined }).map(({ message }) => message)).toEqual([
      'own',
    ]);
  });
});

describe('a recorded line', () => {
  test('has level, message, fields and stack of a line of a function', () => {
    const { recorder } = aRecorder();
    const jobId = anId();
    const text = JSON.stringify({
      level: 'CRITICAL',
      message: 'chunk.failed',
      timestamp: '2026-01-15T11:59:59.500Z',
      job_id: jobId,
      trace_id: 'a'.repeat(32),
      chunk: 7,
      service: 's',
      error: { name: 'Error', message: 'no', stack: 'Error: no\n    at f (a.ts:1:2)' },
    });
    recorder.log({ kind: 'function', functionName: 'Worker', text });
    expect(recorder.lines.readNewest(1)).toEqual([
      {
        number: 1,
        at: START - 500,
        level: 'ERROR',
        source: 'Worker',
        message: 'chunk.failed',
        fields: [
          ['job_id', jobId],
          ['trace_id', 'a'.repeat(32)],
          ['chunk', '7'],
          ['error', '"Error: no"'],
        ],
        calls: ['at f (a.ts:1:2)'],
        jobId,
        traceId: 'a'.repeat(32),
      },
    ]);
  });

  test('is made of text, a request, a notice or a denied call', () => {
    const { recorder } = aRecorder();
    const jobId = anId();
    const path = `/demand/accounts/1/projects/P/batch-jobs/resume/${jobId}`;
    recorder.log({ kind: 'function', functionName: 'Worker', text: '{no json \u001b[31m\u202e' });
    recorder.log({ kind: 'request', method: 'GET', path, status: 200, milliseconds: 3.4 });
    recorder.log({ kind: 'request', method: 'GET', path, status: 500, milliseconds: 1, problem: 'no' });
    recorder.log({ kind: 'notice', text: 'stopping' });
    recorder.log({ kind: 'denied', caller: 'Worker', action: 'sqs:SendMessage', resource: 'arn' });
    expect(recorder.lines.readNewest(10)).toMatchObject([
      { level: 'INFO', source: 'Worker', message: '{no json \\u001b[31m\\u202e', at: START },
      {
        level: 'INFO',
        source: 'gateway',
        message: `GET ${path}`,
        fields: [
          ['status', '200'],
          ['ms', '3'],
        ],
        jobId: undefined,
      },
      { level: 'ERROR', fields: expect.arrayContaining([['problem', 'no']]), jobId },
      { level: 'INFO', source: 'local stack', message: 'stopping' },
      { level: 'ERROR', source: 'permissions', message: 'denied: Worker may not sqs:SendMessage on arn' },
    ]);
  });

  test('is not made of metrics', () => {
    const { recorder, line } = aRecorder();
    line('x', { _aws: {} });
    expect(recorder.lines.readNewest(1)).toEqual([]);
  });

  test('stays small for lines of any length and form', () => {
    const { recorder, line } = aRecorder();
    const long = '\u0000'.repeat(100_000);
    const many = Object.fromEntries(
      Array.from({ length: 500 }, (_, n) => [`${n}${long.slice(0, 300)}`, long]),
    );
    line(long, { ...many, trace_id: long, job_id: long, error: { stack: '\n    at x'.repeat(9_000) } });
    line('x', { level: 7, timestamp: 'never', trace_id: 1, job_id: {}, error: null });
    recorder.log({ kind: 'function', functionName: long, text: long });
    recorder.log({ kind: 'request', method: long.slice(0, 9), path: long, status: 200, milliseconds: 1 });
    recorder.log({ kind: 'notice', text: long });
    const sizes = recorder.lines.readNewest(10).map((shown) => JSON.stringify(shown).length);
    expect(sizes).toHaveLength(5);
    expect(Math.max(...sizes)).toBeLessThan(120_000);
  });
});

describe('functions', () => {
  test('have their invocations, running ones, errors, throttles and durations counted', () => {
    const { clock, recorder } = aRecorder();
    const worker = recorder.record('Worker');
    recorder.record('Idle');
    for (let milliseconds = 1; milliseconds <= 100; milliseconds++) {
      clock.now = START;
      const end = worker.begin();
      clock.now = START + milliseconds;
      end(milliseconds === 100 ? FAILED : OK);
    }
    worker.begin();
    worker.onThrottled();
    expect(recorder.functions).toEqual([
      {
        name: 'Worker',
        invocations: 101,
        running: 1,
        errors: 1,
        throttles: 1,
        p50: 50,
        p99: 99,
        lastBegan: START + 100,
        lastFailed: true,
      },
      {
        name: 'Idle',
        invocations: 0,
        running: 0,
        errors: 0,
        throttles: 0,
        p50: null,
        p99: null,
        lastBegan: null,
        lastFailed: null,
      },
    ]);
  });

  test('have the durations of their latest thousand invocations', () => {
    const { clock, recorder } = aRecorder();
    const worker = recorder.record('Worker');
    for (let n = 0; n < 1_500; n++) {
      const end = worker.begin();
      clock.now += n < 500 ? 60_000 : 5;
      end(OK);
    }
    expect(recorder.functions).toMatchObject([{ invocations: 1_500, p50: 5, p99: 5 }]);
  });
});

test('errors count as recent for a minute', () => {
  const { clock, recorder, line } = aRecorder();
  line('a', { level: 'ERROR' });
  line('b', { level: 'WARN' });
  clock.now += 30_000;
  line('c', { level: 'ERROR' });
  line('d', { level: 'ERROR' });
  expect(recorder.recentErrors).toBe(3);
  clock.now += 30_000;
  expect(recorder.recentErrors).toBe(2);
  line('e', { level: 'ERROR' });
  expect(recorder.recentErrors).toBe(3);
  clock.now += 3_600_000;
  expect(recorder.recentErrors).toBe(0);
});

describe('jobs', () => {
  const makeCreatedLine = (jobId: string, more = {}) => ({
    message: 'job.created',
    job_id: jobId,
    account_id: 101,
    project_id: 'P',
    ...more,
  });

  test('are known from the first line that names their account and project', () => {
    const list = new JobList();
    const jobId = anId();
    list.add({ message: 'chunk.settled', job_id: jobId, failed: 2 }, START);
    expect(list.all).toEqual([]);
    list.add(makeCreatedLine(jobId, { trace_id: 't' }), START);
    list.add({ message: 'chunk.settled', job_id: jobId, failed: 2 }, START + 1);
    list.add({ message: 'chunk.settled', job_id: jobId, failed: 0 }, START + 2);
    list.add({ message: 'chunk.settled', job_id: jobId, failed: 3 }, START + 3);
    list.add({ message: 'job.finished', job_id: jobId, ms: 1234 }, START + 4);
    expect(list.all).toEqual([
      {
        key: { accountId: 101, projectId: 'P', jobId },
        traceId: 't',
        failed: 5,
        milliseconds: 1234,
        lastEvent: 'job.finished',
        lastAt: START + 4,
      },
    ]);
  });

  test('start anew when they are created again under the same key', () => {
    const list = new JobList();
    const jobId = anId();
    list.add(makeCreatedLine(jobId), START);
    list.add({ message: 'job.finished', job_id: jobId, ms: 1 }, START);
    const before = list.get(jobId);
    list.add(makeCreatedLine(jobId), START);
    expect(list.get(jobId)).toMatchObject({ milliseconds: undefined, lastEvent: 'job.created' });
    expect(list.get(jobId)).not.toBe(before);
  });

  test('are dropped when there are too many, ended ones first', () => {
    const list = new JobList(3);
    const [stuck, done, third, fourth, fifth] = Array.from({ length: 5 }, () => anId());
    for (const jobId of [stuck, done, third]) list.add(makeCreatedLine(jobId ?? ''), START);
    list.add({ message: 'job.finished', job_id: done, ms: 1 }, START);
    list.add(makeCreatedLine(fourth ?? ''), START);
    expect(list.all.map(({ key }) => key.jobId)).toEqual([stuck, third, fourth]);
    list.add(makeCreatedLine(fifth ?? ''), START);
    expect(list.all.map(({ key }) => key.jobId)).toEqual([third, fourth, fifth]);
  });
});
