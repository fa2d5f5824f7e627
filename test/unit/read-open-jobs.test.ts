/** Tests the one pass over the index of open jobs: what it counts, and which due jobs it finds. */
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { MOST_PER_ACCOUNT, PAGE_SIZE, readOpenJobs } from '../../src/application/read-open-jobs.ts';
import { OPEN_JOBS_SHARDS, computeShard } from '../../src/domain/digest.ts';
import { formatTimestamp } from '../../src/domain/time.ts';
import type { PageStart } from '../../src/ports/open-jobs.ts';
import { NOW, aJob, aLook, anId } from '../support/builders.ts';
import { UseCaseRig } from '../support/use-case-rig.ts';

const ALWAYS = () => true;

/** Finds an account whose jobs come behind those of another in the same shard. */
function findAccountBehind(other = 10): number {
  for (let accountId = other + 1; ; accountId += 1) {
    if (computeShard(accountId) === computeShard(10) && `${accountId}#` > `${other}#`) return accountId;
  }
}

/** Commits a job of an account, due since its creation unless told otherwise. */
async function commitJob(rig: UseCaseRig, accountId: number, createdAt = rig.time, dueAt = createdAt) {
  const job = aJob({
    accountId,
    jobId: anId('J'),
    createdAt: formatTimestamp(createdAt),
    look: aLook({ dueAt: formatTimestamp(dueAt) }),
  });
  await rig.jobs.commit(job, 'owner', rig.time);
  return job.jobId;
}

/** Records where each call for a page of a shard begins. */
function recordPages(rig: UseCaseRig): { shard: number; limit: number; after: PageStart | undefined }[] {
  const pages: { shard: number; limit: number; after: PageStart | undefined }[] = [];
  const readShard = rig.openJobs.readShard.bind(rig.openJobs);
  rig.openJobs.readShard = (shard, limit, after) => {
    pages.push({ shard, limit, after });
    return readShard(shard, limit, after);
  };
  return pages;
}

test('all shards are read, at the same time, in pages of 5,000', async () => {
  const rig = new UseCaseRig();
  const pages = recordPages(rig);
  const reading = readOpenJobs(rig, ALWAYS);
  const shards = Array.from({ length: OPEN_JOBS_SHARDS }, (_, shard) => shard);
  expect(pages.map(({ shard }) => shard)).toEqual(shards);
  expect(new Set(pages.map(({ limit }) => limit))).toEqual(new Set([PAGE_SIZE]));
  expect(await reading).toEqual([]);
  expect(rig.entries).toEqual([{ event: 'open-jobs.counted', count: 0, oldestSeconds: 0, complete: true }]);
});

test('a job is found from the time on at which it is due, and counted before', async () => {
  const rig = new UseCaseRig();
  const due = await commitJob(rig, 1, NOW - 61_999, NOW);
  await commitJob(rig, 2, NOW - 10_000, NOW + 1);
  expect((await readOpenJobs(rig, ALWAYS)).map(({ jobId }) => jobId)).toEqual([due]);
  expect(rig.entries).toEqual([{ event: 'open-jobs.counted', count: 2, oldestSeconds: 61, complete: true }]);
});

test('a job that is due has what is older of its account before it, on every page', async () => {
  const rig = new UseCaseRig();
  const behind = findAccountBehind();
  for (let i = 0; i < PAGE_SIZE + 2; i += 1) await commitJob(rig, 10, NOW + i, i > PAGE_SIZE ? NOW : NOW + 1);
  await commitJob(rig, behind, NOW, NOW);
  const due = await readOpenJobs(rig, ALWAYS);
  const { total } = aJob();
  expect(due.map(({ accountId, ahead }) => [accountId, ahead])).toEqual([
    [10, { jobs: PAGE_SIZE + 1, targetGroups: (PAGE_SIZE + 1) * total }],
    [behind, { jobs: 0, targetGroups: 0 }],
  ]);
});

test('a job that was created by a clock ahead of ours has no negative age', async () => {
  const rig = new UseCaseRig();
  await commitJob(rig, 1, NOW + 5_000);
  await readOpenJobs(rig, ALWAYS);
  expect(rig.entries).toEqual([{ event: 'open-jobs.counted', count: 1, oldestSeconds: 0, complete: true }]);
});

test('a shard that cannot be read leaves the others, and nothing is counted', async () => {
  const rig = new UseCaseRig();
  const lost = 10;
  const found = [1, 2, 3, 4, 5, 6, 7, 8].filter((id) => computeShard(id) !== computeShard(lost));
  const jobIds = await Promise.all(found.map((accountId) => commitJob(rig, accountId)));
  await commitJob(rig, lost);
  const readShard = rig.openJobs.readShard.bind(rig.openJobs);
  const cause = new Error('throttled');
  rig.openJobs.readShard = (shard, ...rest) =>
    shard === computeShard(lost) ? Promise.reject(cause) : readShard(shard, ...rest);
  const due = await readOpenJobs(rig, ALWAYS);
  expect(due.map(({ jobId }) => jobId).sort()).toEqual(jobIds.sort());
  expect(rig.entries).toEqual([{ event: 'open-jobs.not-counted', cause }]);
});

test('a pass that cannot be stored is noted, and what is due is returned', async () => {
  const rig = new UseCaseRig();
  const jobId = await commitJob(rig, 10);
  const cause = new Error('written by a later release');
  rig.backlog.savePass = () => Promise.reject(cause);
  expect((await readOpenJobs(rig, ALWAYS)).map((job) => job.jobId)).toEqual([jobId]);
  expect(rig.entries).toContainEqual({ event: 'admission.not-counted', cause });
});

test('a pass ends after its count was stored: Lambda stops what is left of a run', async () => {
  const rig = new UseCaseRig();
  let stored = false;
  rig.backlog.savePass = async () => {
    await pause(1);
    stored = true;
  };
  await readOpenJobs(rig, ALWAYS);
  expect(stored).toBe(true);
});

test('if no shard can be read, the run fails', async () => {
  const rig = new UseCaseRig();
  const cause = new Error('no index');
  rig.openJobs.readShard = () => Promise.reject(cause);
  await expect(readOpenJobs(rig, ALWAYS)).rejects.toBe(cause);
  expect(rig.entries).toEqual([{ event: 'open-jobs.not-counted', cause }]);
});

test('the jobs of one account do not hide those of the account behind it in its shard', async () => {
  const rig = new UseCaseRig();
  const behind = findAccountBehind();
  for (let i = 0; i < MOST_PER_ACCOUNT + PAGE_SIZE + 1; i += 1) await commitJob(rig, 10, NOW + i, NOW);
  const quiet = await commitJob(rig, behind, NOW + 1, NOW);
  const pages = recordPages(rig);
  const due = await readOpenJobs(rig, ALWAYS);
  expect(due).toHaveLength(MOST_PER_ACCOUNT + 1);
  expect(due.at(-1)?.jobId).toBe(quiet);
  // The oldest ones were read: the others have their turn once these have ended.
  expect(due.at(-2)?.createdAt).toBe(formatTimestamp(NOW + MOST_PER_ACCOUNT - 1));
  const ofShard = pages.filter(({ shard }) => shard === computeShard(10));
  expect(ofShard).toHaveLength(MOST_PER_ACCOUNT / PAGE_SIZE + 1);
  expect(ofShard.at(-1)?.after).toEqual({ accountId: 10 });
  expect(rig.entries).toEqual([
    { event: 'open-jobs.counted', count: MOST_PER_ACCOUNT + 1, oldestSeconds: 0, complete: false },
  ]);
});

test('an account with as many jobs as are read of it is read to its end', async () => {
  const rig = new UseCaseRig();
  for (let i = 0; i < MOST_PER_ACCOUNT - 1; i += 1) await commitJob(rig, 10, NOW + i, NOW);
  expect(await readOpenJobs(rig, ALWAYS)).toHaveLength(MOST_PER_ACCOUNT - 1);
  expect(rig.entries).toMatchObject([{ complete: true }]);
});

test('the jobs of several accounts do not count as those of one', async () => {
  const rig = new UseCaseRig();
  const behind = findAccountBehind();
  // The pages end within either account, none of which has too many.
  for (let i = 0; i < 3 * PAGE_SIZE - 1; i += 1) {
    await commitJob(rig, 10, NOW + i, NOW);
    await commitJob(rig, behind, NOW + i, NOW);
  }
  expect(await readOpenJobs(rig, ALWAYS)).toHaveLength(6 * PAGE_SIZE - 2);
  expect(rig.entries).toMatchObject([{ complete: true }]);
});

test('no further page is read when the time is up, and the count is not complete', async () => {
  const rig = new UseCaseRig();
  for (let i = 0; i < PAGE_SIZE + 1; i += 1) await commitJob(rig, 10, NOW + i, NOW);
  const pages = recordPages(rig);
  expect(await readOpenJobs(rig, () => false)).toHaveLength(PAGE_SIZE);
  expect(pages).toHaveLength(OPEN_JOBS_SHARDS);
  expect(rig.entries).toMatchObject([{ count: PAGE_SIZE, complete: false }]);
});

describe('a pass that has too little time', () => {
  /**
   * A rig with accounts of one shard, by default three of a page and a bit each, and a function that reads
   * some pages.
   */
  async function aLongShard(sizes = [PAGE_SIZE + 1, PAGE_SIZE + 1, PAGE_SIZE + 1]) {
    const rig = new UseCaseRig();
    const accounts = [10, findAccountBehind(), findAccountBehind(findAccountBehind())].slice(0, sizes.length);
    for (const [index, accountId] of accounts.entries()) {
      for (let i = 0; i < (sizes[index] ?? 0); i += 1) await commitJob(rig, accountId, NOW + i, NOW);
    }
    /** Reads so many pages of the shard. @returns the numbers of jobs by account, in the order of accounts */
    const readPages = async (pages: number) => {
      let left = pages;
      const due = await readOpenJobs(rig, () => (left -= 1) > 0);
      return accounts.map((account) => due.filter(({ accountId }) => accountId === account).length);
    };
    // The other shards are empty, and ask for no further page.
    return { rig, readPages };
  }

  test('is followed by one that begins with the account where it has stopped', async () => {
    const { rig, readPages } = await aLongShard();
    const all = PAGE_SIZE + 1;
    expect(await readPages(1)).toEqual([PAGE_SIZE, 0, 0]);
    // Of the first account it could not read all: that is read at the end of a pass.
    expect(await readPages(1)).toEqual([0, PAGE_SIZE, 0]);
    expect(await readPages(1)).toEqual([0, 0, PAGE_SIZE]);
    expect(await readPages(2)).toEqual([PAGE_SIZE, 0, 0]);
    expect(rig.entries).toMatchObject(Array(4).fill({ complete: false }));
    expect(await readPages(20)).toEqual([all, all, all]);
    expect(rig.entries.at(-1)).toMatchObject({ count: 3 * all, complete: true });
  });

  test('is followed by one that begins behind the last account of which all was read', async () => {
    const { readPages } = await aLongShard([1, PAGE_SIZE]);
    expect(await readPages(1)).toEqual([1, PAGE_SIZE - 1]);
    expect(await readPages(1)).toEqual([0, PAGE_SIZE]);
  });

  test('is followed by one that goes round, and reads each job once with what is older', async () => {
    const { rig, readPages } = await aLongShard();
    const all = PAGE_SIZE + 1;
    // The second page ends within the second account, which is then read from its beginning.
    expect(await readPages(2)).toEqual([all, PAGE_SIZE - 1, 0]);
    const pages = recordPages(rig);
    const due = await readOpenJobs(rig, ALWAYS);
    expect(new Set(due.map(({ jobId }) => jobId)).size).toBe(3 * all);
    expect(due).toHaveLength(3 * all);
    expect(Math.max(...due.map(({ ahead }) => ahead.jobs))).toBe(PAGE_SIZE);
    const ofShard = pages.filter(({ shard }) => shard === computeShard(10));
    expect(ofShard[0]?.after).toEqual({ accountId: 10 });
    expect(rig.entries.at(-1)).toMatchObject({ count: 3 * all, complete: true });
    // The pass after it begins with the first account again.
    pages.length = 0;
    await readOpenJobs(rig, ALWAYS);
    expect(pages.find(({ shard }) => shard === computeShard(10))?.after).toBeUndefined();
  });

  test('is followed by one that reads all, if the accounts behind are gone', async () => {
    const rig = new UseCaseRig();
    rig.stoppedAt.set(computeShard(10), 10);
    const jobId = await commitJob(rig, 10);
    expect((await readOpenJobs(rig, ALWAYS)).map((job) => job.jobId)).toEqual([jobId]);
    expect(rig.entries).toMatchObject([{ count: 1, complete: true }]);
  });
});
