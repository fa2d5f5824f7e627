/** reconcile: when it looks at a job again, what it sends, and how it claims what it gives up. */
import { beforeAll, expect, test } from '@jest/globals';
import { OPEN_JOBS_INDEX, makeShardName } from '../../src/adapters/dynamodb/open-jobs-index.ts';
import { OPEN_JOBS_SHARDS } from '../../src/domain/digest.ts';
import type { ChunkWork } from '../../src/ports/work-queue.ts';
import { type StoredJob, storeJob, refuseForNow } from '../rigs/wiring/jobs.ts';
import { SETTINGS } from '../rigs/wiring/settings.ts';
import type { WiringRig } from '../rigs/wiring/rig.ts';
import { aProject, findName } from '../support/e2e.ts';

/** In ms: reconcile's 50 s, the 131 s that clocks may be apart, and 5 s for late writes. */
const CLAIM_MS = 186_000;
const STALLED_MS = SETTINGS.stalledSeconds * 1_000;
const DEADLINE_MS = SETTINGS.deadlineSeconds * 1_000;

const CLAIMS = 'SET claimed_by';

const computeLastResort = ({ job }: StoredJob) => Date.parse(job.createdAt) + 1.5 * DEADLINE_MS;

/**
 * One run, with the jobs that it found: `late` is shortly before its deadline, `over` past it, and `last`
 * past one and a half times of it. All but `over` and `last` are of one project: workers read the target
 * groups of the jobs that are sent again. Only `notDue` is not due.
 */
interface Run {
  readonly before: number;
  readonly after: number;
  readonly stalled: StoredJob;
  readonly late: StoredJob;
  readonly over: StoredJob;
  readonly last: StoredJob;
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
    const overdue = await aProject(rig.unobserved, [{}, {}, {}]);
    const over = await storeJob(rig, { ...overdue, chunkSize: 2, ageSeconds: 2_420, dueInSeconds: -1 });
    const forgotten = await aProject(rig.unobserved, Array<object>(40).fill({}));
    const last = await storeJob(rig, { ...forgotten, chunkSize: 40, ageSeconds: 3_700, dueInSeconds: -1 });
    for (let i = 0; i < 14; i += 1) await storeNextJob(ids.slice(9, 10), 1, 700);
    rig.dynamoDB.interceptAll('GetItem', [unreadable.job.jobId, 'REQUEST#'], refuseForNow);
    const jobs = rig.holdCalls('GetItem', [tenant.projectId, '"META"'], 16);
    const targetGroups = rig.holdCalls('GetItem', [`#${forgotten.tenant.projectId}#T`], 16);
    const before = Date.now();
    const runs = await rig.stack.runSchedules();
    const after = Date.now();
    expect(runs).toMatchObject([
      { functionId: rig.findFunction('Reconcile').logicalId, result: { ok: true } },
    ]);
    const mosts = { jobsAtOnce: jobs.most, targetGroupsAtOnce: targetGroups.most };
    run = { before, after, stalled, late, over, last, unreadable, notDue, ...mosts };
  });

  /** When a job is to be looked at next, as often as that was put off. */
  function listNextLooks({ job }: StoredJob): number[] {
    const postponed = recording.listCalls('UpdateItem', job.jobId, 'SET due_at');
    return postponed.map(({ values }) => Date.parse(String(values[':due'])));
  }

  test('looks again after twice stalledSeconds, at the deadline, and as a last resort in every run', () => {
    for (const job of [run.stalled, run.over]) {
      const [again] = listNextLooks(job);
      const until = Math.min(run.before + 2 * STALLED_MS, computeLastResort(job));
      expect(again).toBeGreaterThanOrEqual(until);
      expect(again).toBeLessThanOrEqual(until + (run.after - run.before));
    }
    expect(listNextLooks(run.late)).toEqual([Date.parse(run.late.job.createdAt) + DEADLINE_MS]);
    const [atLast] = listNextLooks(run.last);
    expect(atLast).toBeGreaterThanOrEqual(run.before + 30_000);
    expect(atLast).toBeLessThanOrEqual(run.after + 30_000);
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
    expect(recording.listCalls('SendMessageBatch', run.last.job.jobId)).toEqual([]);
  });

  test('sends what is left of a job past its deadline as give-ups, to their own queue', () => {
    const calls = recording.listCalls('SendMessageBatch', run.over.job.jobId);
    const pathOf = (url = '') => new URL(url).pathname;
    const giveUps = pathOf(findName(rig.stack.queues, 'GiveUps'));
    expect(calls.map(({ input }) => pathOf(input.QueueUrl))).toEqual([giveUps]);
    const sent = calls.flatMap(({ input }) => input.Entries ?? []);
    expect(sent.map(({ MessageBody }) => JSON.parse(MessageBody) as unknown)).toMatchObject([
      { give_up: { reason: 'deadline', chunk: { index: 0 }, ids: { length: 2 } } },
      { give_up: { reason: 'deadline', chunk: { index: 1 }, ids: { length: 1 } } },
    ]);
    expect(sent.map(({ MessageGroupId }) => MessageGroupId)).toEqual(['101', '101']);
  });

  test('asks both queues how long they are', () => {
    const asked = recording.listCalls('GetQueueAttributes', 'ApproximateNumberOfMessages');
    const paths = asked.map(({ input }) => new URL(input.QueueUrl ?? '').pathname);
    for (const name of ['Chunks', 'GiveUps']) {
      expect(paths).toContain(new URL(findName(rig.stack.queues, name)).pathname);
    }
  });

  test('claims what it settles itself for its timeout and the skew, in ms, and moves none of it', () => {
    const { job } = run.last;
    const [claim] = recording.listCalls('UpdateItem', job.jobId, CLAIMS);
    const now = Number(claim?.values[':now']);
    expect(now).toBeGreaterThanOrEqual(run.before);
    expect(now).toBeLessThanOrEqual(run.after);
    expect(claim?.values).toMatchObject({ ':until': now + CLAIM_MS, ':expires': job.expiresAt });
    // No two runs have one name.
    expect(claim?.values[':owner']).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\/0$/);
    expect(recording.listCalls('UpdateItem', job.jobId, 'SET settled_at')).toHaveLength(1);
    for (const id of run.last.ids) expect(recording.listCalls('UpdateItem', `#${id}"`)).toEqual([]);
  });

  test('looks at sixteen jobs at once, and reads sixteen target groups at once', () => {
    expect(run).toMatchObject({ jobsAtOnce: 16, targetGroupsAtOnce: 16 });
  });

  test('reads every shard of the index of open jobs, five thousand jobs at a time', () => {
    // A create reads the entries of its account.
    const queries = recording
      .listCalls('Query', OPEN_JOBS_INDEX)
      .filter(({ values }) => values[':prefix'] === undefined);
    const shards = Array.from({ length: OPEN_JOBS_SHARDS }, (_, shard) => makeShardName(shard));
    expect(new Set(queries.map(({ values }) => values[':shard']))).toEqual(new Set(shards));
    for (const { input } of queries) expect(input.Limit).toBe(5_000);
  });

  test('tries a read that fails a second time, and leaves the job to the next run', () => {
    expect(recording.listCalls('GetItem', run.unreadable.job.jobId, 'REQUEST#')).toHaveLength(2);
    expect(recording.listCalls('SendMessageBatch', run.unreadable.job.jobId)).toEqual([]);
    const [first = 0, again] = listNextLooks(run.unreadable);
    expect(again).toBeLessThan(first);
    expect(again).toBeLessThanOrEqual(run.after + 30_000);
  });
}
