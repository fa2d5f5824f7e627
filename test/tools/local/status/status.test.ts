/** Tests the snapshot of the status page: the health of the stack, its jobs, and what cannot be read. */
import { describe, expect, test } from '@jest/globals';
import { deriveHealth, type HealthSigns } from '../../../../tools/local/status/health.ts';
import { Recorder } from '../../../../tools/local/status/recorder.ts';
import { Status } from '../../../../tools/local/status/status.ts';
import { anId } from '../../../support/builders.ts';
import { aRow } from './served-status.ts';

const START = Date.UTC(2026, 0, 15, 12);

const RECONCILE = {
  name: 'Reconcile',
  invocations: 1,
  running: 0,
  errors: 0,
  throttles: 0,
  p50: 1,
  p99: 1,
  lastBegan: START + 60_000,
  lastFailed: false,
};

function makeSigns(overrides: Partial<HealthSigns> = {}): HealthSigns {
  return {
    now: START + 70_000,
    servingSince: START,
    schedules: [{ functionName: 'Reconcile', everySeconds: 60 }],
    functions: [RECONCILE],
    recentErrors: 0,
    deadLetters: 0,
    unread: [],
    ...overrides,
  };
}

describe('health', () => {
  test('all is well when the schedules ran, nothing failed, and no dead letter waits', () => {
    expect(deriveHealth(makeSigns())).toEqual({
      ok: true,
      problems: [],
      schedules: [{ functionName: 'Reconcile', everySeconds: 60, lastBegan: START + 60_000, state: 'ok' }],
    });
  });

  test.each<[string, Partial<HealthSigns>, string]>([
    [
      'a run that failed',
      { functions: [{ ...RECONCILE, lastFailed: true }] },
      'The last run of Reconcile failed.',
    ],
    ['a run that is missing', { now: START + 180_001 }, 'Reconcile should have run by now, and has not.'],
    [
      'a first run that is missing',
      { functions: [], now: START + 120_001 },
      'Reconcile should have run by now, and has not.',
    ],
    ['errors', { recentErrors: 1 }, '1 error in the last minute.'],
    ['dead letters', { deadLetters: 12 }, '12 dead letters.'],
    ['a failed read', { unread: ['The queues cannot be read: no'] }, 'The queues cannot be read: no'],
  ])('reports %s', (_name, overrides, problem) => {
    expect(deriveHealth(makeSigns(overrides))).toMatchObject({ ok: false, problems: [problem] });
  });

  test('reports no problem for a schedule that is not yet due', () => {
    const health = deriveHealth(makeSigns({ functions: [], now: START + 119_000 }));
    expect(health).toMatchObject({ ok: true, schedules: [{ state: 'waiting', lastBegan: null }] });
  });
});

describe('a snapshot', () => {
  function aStatus() {
    const clock = { now: START };
    const recorder = new Recorder(() => clock.now);
    return { clock, recorder, status: new Status(recorder, () => clock.now) };
  }

  test('has only the log before the stack serves', async () => {
    const { recorder, status } = aStatus();
    recorder.log({ kind: 'notice', text: 'synthesizing' });
    expect(await status.takeSnapshot()).toMatchObject({
      state: 'starting',
      health: { ok: true },
      jobs: [],
      queues: [],
      lines: [{ message: 'synthesizing' }],
      lastLine: 1,
    });
  });

  test('is read once for all readers within 500 ms', async () => {
    const { clock, status } = aStatus();
    let reads = 0;
    status.watch({
      readJobs: () => Promise.resolve([aRow()]),
      readQueues: () => {
        reads += 1;
        return Promise.resolve([]);
      },
      schedules: [],
    });
    const snapshots = await Promise.all([status.takeSnapshot(), status.takeSnapshot()]);
    clock.now += 499;
    snapshots.push(await status.takeSnapshot());
    expect(snapshots.map(({ jobs }) => jobs.length)).toEqual([1, 1, 1]);
    expect(reads).toBe(1);
    clock.now += 1;
    await status.takeSnapshot();
    expect(reads).toBe(2);
  });

  test('names a failed read, and keeps the rows of the read before', async () => {
    const { clock, status } = aStatus();
    let works = true;
    status.watch({
      readJobs: () => (works ? Promise.resolve([aRow()]) : Promise.reject(new Error('no table'))),
      readQueues: () =>
        Promise.resolve([{ name: 'Dead', deadLetters: true, visible: 2, inFlight: 0, delayed: 0 }]),
      schedules: [],
    });
    await status.takeSnapshot();
    works = false;
    clock.now += 1_000;
    const snapshot = await status.takeSnapshot();
    expect(snapshot.health.problems).toEqual(['The jobs cannot be read: no table', '2 dead letters.']);
    expect(snapshot.jobs).toHaveLength(1);
  });

  test('has the lines of one job and its trace, and only newer ones on request', async () => {
    const { recorder, status } = aStatus();
    const jobId = anId();
    const log = (line: Record<string, unknown>) => {
      recorder.log({ kind: 'function', functionName: 'Worker', text: JSON.stringify(line) });
    };
    log({ message: 'job.created', job_id: jobId, account_id: 1, project_id: 'P', trace_id: 't' });
    log({ message: 'job.created', job_id: anId(), account_id: 1, project_id: 'P', trace_id: 'u' });
    log({ message: 'chunk.failed', trace_id: 't' });
    const messages = async (after: number) =>
      (await status.takeSnapshot({ jobId, after })).lines.map(({ message }) => message);
    expect(await messages(0)).toEqual(['job.created', 'chunk.failed']);
    expect(await messages(1)).toEqual(['chunk.failed']);
    expect((await status.takeSnapshot({ jobId: 'x' })).lines).toEqual([]);
  });
});
