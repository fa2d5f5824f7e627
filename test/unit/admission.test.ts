/** Tests the limits of open work: who is refused, what a refusal leaves, and what is known when. */
import { describe, expect, test } from '@jest/globals';
import {
  IdempotencyKeyReusedError,
  ProjectNotFoundError,
  ServiceUnavailableError,
  TooManyRequestsError,
} from '../../src/domain/errors.ts';
import { anId, makeIds, TENANT } from '../support/builders.ts';
import { UseCaseRig } from '../support/use-case-rig.ts';

function makeRig(settings: Partial<UseCaseRig['settings']>): UseCaseRig {
  const rig = new UseCaseRig();
  Object.assign(rig.settings, settings);
  return rig;
}

describe('the limit of open jobs of an account', () => {
  test('refuses one job more, until one has ended', async () => {
    const rig = makeRig({ maxOpenJobsPerAccount: 2 });
    const ids = rig.addTargetGroups({});
    await rig.create(ids);
    await rig.create(ids);
    await expect(rig.create(ids)).rejects.toThrow(TooManyRequestsError);
    await rig.drain();
    rig.time += 5_001;
    await expect(rig.create(ids)).resolves.toMatchObject({ replayed: false });
  });

  test('answers a repeat of an accepted call as before, and refuses other ids under its key', async () => {
    const rig = makeRig({ maxOpenJobsPerAccount: 1 });
    const ids = rig.addTargetGroups({});
    const key = anId('K');
    const { jobId } = await rig.create(ids, key);
    expect(await rig.create(ids, key)).toEqual({ jobId, replayed: true });
    await expect(rig.create(makeIds(1), key)).rejects.toThrow('The idempotency key was used');
  });

  test('leaves nothing of a refused call, so that its key can be used later', async () => {
    const rig = makeRig({ maxOpenJobsPerAccount: 1 });
    const ids = rig.addTargetGroups({}, {});
    const key = anId('K');
    await rig.create(ids);
    rig.queue.sent.length = 0;
    await expect(rig.create(ids, key)).rejects.toThrow(TooManyRequestsError);
    expect(rig.queue.sent).toEqual([]);
    expect(await rig.openJobs.readAccount(TENANT.accountId, 10)).toHaveLength(1);
    rig.settings.maxOpenJobsPerAccount = 2;
    rig.time += 5_001;
    // Other ids: neither a record nor a job has taken the key.
    await expect(rig.create(ids.slice(1), key)).resolves.toMatchObject({ replayed: false });
  });
});

describe('the limit of target groups of an account', () => {
  test('counts those of all its open jobs', async () => {
    const rig = makeRig({ maxOpenTargetGroupsPerAccount: 5 });
    await rig.create(makeIds(3));
    await expect(rig.create(makeIds(3))).rejects.toThrow(TooManyRequestsError);
    await expect(rig.create(makeIds(2))).resolves.toMatchObject({ replayed: false });
  });

  test('refuses a remembered account without a read for 5 seconds, and lets in what fits', async () => {
    const rig = makeRig({ maxOpenTargetGroupsPerAccount: 5 });
    await rig.create(makeIds(4));
    let reads = 0;
    const readAccount = rig.openJobs.readAccount.bind(rig.openJobs);
    rig.openJobs.readAccount = (...args) => {
      reads += 1;
      return readAccount(...args);
    };
    await expect(rig.create(makeIds(2))).rejects.toThrow(TooManyRequestsError);
    await expect(rig.create(makeIds(2))).rejects.toThrow(TooManyRequestsError);
    expect(reads).toBe(1);
    await rig.create(makeIds(1));
    expect(reads).toBe(2);
    rig.time += 5_000;
    await expect(rig.create(makeIds(1))).rejects.toThrow(TooManyRequestsError);
    expect(reads).toBe(3);
  });

  test('reads an account again after 5 seconds, also when it never stops calling', async () => {
    const rig = makeRig({ maxOpenJobsPerAccount: 1 });
    const ids = rig.addTargetGroups({});
    await rig.create(ids);
    await expect(rig.create(ids)).rejects.toThrow(TooManyRequestsError);
    await rig.drain();
    rig.time += 3_000;
    await expect(rig.create(ids)).rejects.toThrow(TooManyRequestsError);
    rig.time += 2_000;
    await expect(rig.create(ids)).resolves.toMatchObject({ replayed: false });
  });

  test('counts none of a job whose record does not tell them', async () => {
    const rig = makeRig({ maxOpenTargetGroupsPerAccount: 2 });
    await rig.create(makeIds(2));
    const readAccount = rig.openJobs.readAccount.bind(rig.openJobs);
    rig.openJobs.readAccount = async (...args) =>
      (await readAccount(...args)).map((job) => ({ ...job, total: undefined }));
    await expect(rig.create(makeIds(2))).resolves.toMatchObject({ replayed: false });
  });

  test('forgets that it has refused an account as soon as a job of it fits', async () => {
    const rig = makeRig({ maxOpenTargetGroupsPerAccount: 3 });
    const ids = rig.addTargetGroups({}, {});
    await rig.create(ids);
    await expect(rig.create(makeIds(2))).rejects.toThrow(TooManyRequestsError);
    await rig.drain();
    await rig.create(makeIds(1));
    await expect(rig.create(makeIds(2))).resolves.toMatchObject({ replayed: false });
  });

  test('lets a job in when the index cannot be read, and says so', async () => {
    const rig = makeRig({ maxOpenTargetGroupsPerAccount: 2, maxOpenJobsPerAccount: 1 });
    await rig.create(makeIds(2));
    const cause = new Error('throttled');
    rig.openJobs.readAccount = () => Promise.reject(cause);
    await expect(rig.create(makeIds(2))).resolves.toMatchObject({ replayed: false });
    expect(rig.entries).toContainEqual({ event: 'admission.unknown', cause });
  });
});

describe('the limit of the stack', () => {
  test('counts the last pass of reconcile and what was accepted since', async () => {
    const rig = makeRig({ maxOpenTargetGroups: 3_000 });
    await rig.backlog.savePass(1_000, rig.time);
    await rig.create(makeIds(1_500));
    rig.time += 2_001;
    await expect(rig.create(makeIds(501))).rejects.toThrow(ServiceUnavailableError);
    await expect(rig.create(makeIds(500))).resolves.toMatchObject({ replayed: false });
  });

  test('goes by an estimate for 2 seconds', async () => {
    const rig = makeRig({ maxOpenTargetGroups: 1_000 });
    await rig.create(makeIds(1));
    await rig.backlog.savePass(2_000, rig.time);
    rig.time += 1_999;
    await expect(rig.create(makeIds(1))).resolves.toMatchObject({ replayed: false });
    rig.time += 1;
    await expect(rig.create(makeIds(1))).rejects.toThrow(ServiceUnavailableError);
  });

  test('counts what the instance itself has accepted at once', async () => {
    const rig = makeRig({ maxOpenTargetGroups: 3 });
    await rig.create(makeIds(2));
    await expect(rig.create(makeIds(2))).rejects.toThrow(ServiceUnavailableError);
  });

  test('a pass of reconcile corrects the count', async () => {
    const rig = makeRig({ maxOpenTargetGroups: 2_000 });
    const ids = rig.addTargetGroups({}, {});
    await rig.create(ids);
    await rig.drain();
    rig.time += 120_000;
    await rig.reconcile();
    expect(await rig.backlog.estimate(rig.time)).toBe(0);
  });

  test('a pass that has read only part of the jobs corrects nothing', async () => {
    const rig = makeRig({});
    await rig.create(makeIds(1_000));
    rig.time += 120_000;
    const readShard = rig.openJobs.readShard.bind(rig.openJobs);
    rig.openJobs.readShard = async (...args) => {
      const page = await readShard(...args);
      // The time is up before the next page.
      rig.time += 1_000;
      return { jobs: [], next: page.jobs.at(-1) };
    };
    await rig.reconcile(rig.time + 1);
    expect(await rig.backlog.estimate(rig.time)).toBe(1_000);
  });

  test('counts small jobs by a sample that is right on average', async () => {
    const rig = makeRig({});
    let draws = 0;
    rig.random = () => (draws++ % 1_000) / 1_000;
    for (let i = 0; i < 1_000; i += 1) await rig.admission.count(250);
    expect(await rig.backlog.estimate(rig.time)).toBe(250_000);
  });

  test('writes one count for a thousand target groups in small jobs', async () => {
    const rig = makeRig({});
    let draws = 0;
    rig.random = () => (draws++ % 1_000) / 1_000;
    let writes = 0;
    rig.backlog.addAccepted = () => {
      writes += 1;
      return Promise.resolve();
    };
    for (let i = 0; i < 1_000; i += 1) await rig.admission.count(1);
    expect(writes).toBe(1);
  });

  test('lets a job in when what is known cannot be read, or not be counted', async () => {
    const rig = makeRig({ maxOpenTargetGroups: 1 });
    const cause = new Error('throttled');
    rig.backlog.estimate = () => Promise.reject(cause);
    rig.backlog.addAccepted = () => Promise.reject(cause);
    await expect(rig.create(makeIds(1))).resolves.toMatchObject({ replayed: false });
    expect(rig.entries).toContainEqual({ event: 'admission.unknown', cause });
    expect(rig.entries).toContainEqual({ event: 'admission.not-counted', cause });
  });
});

test('a project that does not exist is answered before any limit', async () => {
  const rig = makeRig({ maxOpenJobsPerAccount: 1 });
  await rig.create(makeIds(1));
  const key = {
    accountId: TENANT.accountId,
    projectId: anId('P'),
    action: 'resume',
    idempotencyKey: 'k',
  } as const;
  await expect(rig.create(makeIds(1), 'k', { key })).rejects.toThrow(ProjectNotFoundError);
});

test('a repeat is answered before any limit, also after the idempotency table has lost its record', async () => {
  const rig = makeRig({ maxOpenTargetGroups: 1 });
  const ids = rig.addTargetGroups({});
  const { jobId } = await rig.create(ids, 'k');
  rig.once.forget();
  expect(await rig.create(ids, 'k')).toEqual({ jobId, replayed: true });
  await rig.backlog.savePass(1_000, rig.time);
  rig.time += 2_001;
  rig.entries.length = 0;
  expect(await rig.create(ids, 'k')).toEqual({ jobId, replayed: true });
  expect(rig.entries).toEqual([{ event: 'job.replayed', jobId, ...TENANT }]);
  await expect(rig.create(makeIds(1), 'k')).rejects.toThrow(IdempotencyKeyReusedError);
});

test.each([
  { limit: 'account-jobs', settings: { maxOpenJobsPerAccount: 1 } },
  { limit: 'account-target-groups', settings: { maxOpenTargetGroupsPerAccount: 1 } },
  { limit: 'stack', settings: { maxOpenTargetGroups: 1 } },
])('a refusal writes nothing, and is noted with its limit: $limit', async ({ limit, settings }) => {
  const rig = makeRig(settings);
  await rig.create(makeIds(1));
  rig.entries.length = 0;
  const mustNotRun = () => Promise.reject(new Error('a write'));
  rig.jobs.saveRequest = mustNotRun;
  rig.jobs.commit = mustNotRun;
  rig.once.run = mustNotRun;
  rig.queue.send = mustNotRun;
  rig.backlog.addAccepted = mustNotRun;
  const error = await rig.create(makeIds(1)).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(limit === 'stack' ? ServiceUnavailableError : TooManyRequestsError);
  // The log of the answer names the limit, and whose it is.
  const { accountId } = TENANT;
  expect(error).toMatchObject({ evidence: limit === 'stack' ? { limit } : { limit, accountId } });
  expect(rig.entries).toEqual([
    { event: 'job.refused', jobId: expect.any(String) as unknown, limit, targetGroups: 1 },
  ]);
  expect(rig.findSubject('job.refused')).toMatchObject(TENANT);
});

describe('a refused client is told to wait', () => {
  test.each([
    { limit: 'jobs of an account', settings: { maxOpenJobsPerAccount: 1 } },
    { limit: 'target groups of an account', settings: { maxOpenTargetGroupsPerAccount: 1 } },
    { limit: 'the stack', settings: { maxOpenTargetGroups: 1 } },
  ])('10 to 30 seconds when the limit is exceeded by little: $limit', async ({ settings }) => {
    const rig = makeRig(settings);
    await rig.create(makeIds(1));
    await expect(rig.create(makeIds(1))).rejects.toMatchObject({ retryAfter: { shortest: 10, longest: 30 } });
  });

  test.each([
    { open: 37_500, shortest: 15 },
    { open: 37_501, shortest: 16 },
    { open: 10_000_000, shortest: 20 },
  ])(
    'until the workers have moved what is too much, but a minute at most: $open',
    async ({ open, shortest }) => {
      const rig = makeRig({ maxOpenTargetGroups: 1, workRate: 2_500 });
      await rig.backlog.savePass(open, rig.time);
      await expect(rig.create(makeIds(1))).rejects.toMatchObject({
        retryAfter: { shortest, longest: 3 * shortest },
      });
    },
  );
});
