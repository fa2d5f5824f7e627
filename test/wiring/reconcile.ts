/** reconcile: when it looks at a job again, what it sends, and how it claims what it gives up. */
import { beforeAll, expect, test } from '@jest/globals';
import type { ChunkWork } from '../../src/ports/work-queue.ts';
import { type StoredJob, storeJob, refuseForNow } from '../rigs/wiring/jobs.ts';
import { SETTINGS } from '../rigs/wiring/settings.ts';
import type { WiringRig } from '../rigs/wiring/rig.ts';
import { aProject } from '../support/e2e.ts';

/** In ms: reconcile's 50 s, the 131 s that clocks may be apart, and 5 s for late writes. */
const CLAIM_MS = 186_000;
const STALLED_MS = SETTINGS.stalledSeconds * 1_000;
const DEADLINE_MS = SETTINGS.deadlineSeconds * 1_000;

const CLAIMS = 'SET claimed_by';

/**
 * One run, with the jobs that it found. All but `over` are of one project: workers read the target groups of
 * the jobs that are sent again. Only `notDue` is not due.
 */
interface Run {
  readonly before: number;
  readonly after: number;
  readonly stalled: StoredJob;
  readonly late: StoredJob;
  readonly over: StoredJob;
  readonly unreadable: StoredJob;
  readonly notDue: StoredJob;
  /** The most that were read at once. */
  readonly jobsAtOnce: number;
  readonly targetGroupsAtOnce: number;
}

export function describeReconcile(rig: WiringRig): void {
  const { recording } = rig;
  let run: Run;

  beforeAll(async () => {
    const { tenant, ids } = await aProject(rig.unobserved, Array<object>(10).fill({}));
    const storeNextJob = (
      asked: readonly string[],
      chunkSize: number,
      ageSeconds: number,
      dueInSeconds = -1,
    ) => storeJob(rig, { tenant, ids: asked, chunkSize, ageSeconds, dueInSeconds });
    const stalled = await storeNextJob(ids.slice(0, 5), 2, 700);
    const late = await storeNextJob(ids.slice(5, 7), 2, 2_300);
    const unreadable = await storeNextJob(ids.slice(7, 8), 1, 700);
    const notDue = await storeNextJob(ids.slice(8, 9), 1, 700, 30);
    const overdue = await aProject(rig.unobserved, Array<object>(40).fill({}));
    const over = await storeJob(rig, { ...overdue, chunkSize: 40, ageSeconds: 2_420, dueInSeconds: -1 });
    await storeNextJob(ids.slice(9, 10), 1, 700);
    await storeNextJob(ids.slice(9, 10), 1, 700);
    rig.dynamoDB.interceptAll('GetItem', [unreadable.job.jobId, 'REQUEST#'], refuseForNow);
    const jobs = rig.holdCalls('GetItem', [tenant.projectId, '"META"'], 4);
    const targetGroups = rig.holdCalls('GetItem', [`#${overdue.tenant.projectId}#T`], 16);
    const before = Date.now();
    const runs = await rig.stack.runSchedules();
    const after = Date.now();
    expect(runs).toMatchObject([
      { functionId: rig.findFunction('Reconcile').logicalId, result: { ok: true } },
    ]);
    const mosts = { jobsAtOnce: jobs.most, targetGroupsAtOnce: targetGroups.most };
    run = { before, after, stalled, late, over, unreadable, notDue, ...mosts };
  });

  /** When a job is to be looked at next, as often as that was put off. */
  function listNextLooks({ job }: StoredJob): number[] {
    const postponed = recording.listCalls('UpdateItem', job.jobId, 'SET due_at');
    return postponed.map(({ values }) => Date.parse(String(values[':to'])));
  }

  test('looks at a job again after stalledSeconds, at its deadline, and then every minute', () => {
    const [again] = listNextLooks(run.stalled);
    expect(again).toBeGreaterThanOrEqual(run.before + STALLED_MS);
    expect(again).toBeLessThanOrEqual(run.after + STALLED_MS);
    expect(listNextLooks(run.late)).toEqual([Date.parse(run.late.job.createdAt) + DEADLINE_MS]);
    const [afterDeadline] = listNextLooks(run.over);
    expect(afterDeadline).toBeGreaterThanOrEqual(run.before + 60_000);
    expect(afterDeadline).toBeLessThanOrEqual(run.after + 60_000);
    expect(listNextLooks(run.notDue)).toEqual([]);
  });

  test('sends what is left of a job before its deadline', () => {
    const { job } = run.stalled;
    const sent = recording
      .listCalls('SendMessageBatch', job.jobId)
      .flatMap(({ input }) => input.Entries ?? []);
    const chunks = sent.map(({ MessageBody }) => JSON.parse(MessageBody) as ChunkWork);
    expect(chunks).toMatchObject([
      { ids: { length: 2 }, only: false, chunk: { expiresAt: job.expiresAt } },
      { ids: { length: 2 }, only: false },
      { ids: { length: 1 }, only: false },
    ]);
    expect(sent.map(({ MessageGroupId }) => MessageGroupId)).toEqual(['101', '101', '101']);
    expect(recording.listCalls('SendMessageBatch', run.late.job.jobId)).toHaveLength(1);
    expect(recording.listCalls('SendMessageBatch', run.over.job.jobId)).toEqual([]);
  });

  test('claims what it gives up for its timeout and the skew, in ms, and moves none of it', () => {
    const { job } = run.over;
    const [claim] = recording.listCalls('UpdateItem', job.jobId, CLAIMS);
    const now = Number(claim?.values[':now']);
    expect(now).toBeGreaterThanOrEqual(run.before);
    expect(now).toBeLessThanOrEqual(run.after);
    expect(claim?.values).toMatchObject({ ':until': now + CLAIM_MS, ':expires': job.expiresAt });
    // No two runs have one name.
    expect(claim?.values[':owner']).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\/0$/);
    expect(recording.listCalls('UpdateItem', job.jobId, 'SET settled_at')).toHaveLength(1);
    for (const id of run.over.ids) expect(recording.listCalls('UpdateItem', `#${id}"`)).toEqual([]);
  });

  test('looks after four jobs at once, and reads sixteen target groups at once', () => {
    expect(run).toMatchObject({ jobsAtOnce: 4, targetGroupsAtOnce: 16 });
  });

  test('reads the jobs that are due now, a hundred at a time', () => {
    const queries = recording.listCalls('Query', 'due_at <= :now');
    expect(queries.length).toBeGreaterThan(0);
    for (const { input, values, at } of queries) {
      expect(input.Limit).toBe(100);
      expect(Date.parse(String(values[':now']))).toBeLessThanOrEqual(at);
      expect(Date.parse(String(values[':now']))).toBeGreaterThan(rig.startedAt);
    }
  });

  test('tries a read that fails a second time, and leaves the job to its next look', () => {
    expect(recording.listCalls('GetItem', run.unreadable.job.jobId, 'REQUEST#')).toHaveLength(2);
    expect(recording.listCalls('SendMessageBatch', run.unreadable.job.jobId)).toEqual([]);
    expect(listNextLooks(run.unreadable)).toHaveLength(1);
  });
}
