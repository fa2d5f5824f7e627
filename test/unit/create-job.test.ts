/** Tests that a job is created once, whatever is repeated or lost on the way. */
import { describe, expect, test } from '@jest/globals';
import { IdempotencyKeyReusedError, JobNotFoundError } from '../../src/domain/errors.ts';
import { NOW, ids } from '../support/builders.ts';
import { World, sorted } from '../support/world.ts';

describe('creating a job', () => {
  test('sends every id once, in order, in chunks', async () => {
    const world = new World();
    const asked = ids(5).reverse();
    const { jobId, replayed } = await world.create([...asked, ...asked]);
    expect(replayed).toBe(false);
    expect(world.queue.sent.map(({ ids: chunk }) => chunk.length)).toEqual([2, 2, 1]);
    expect(world.queue.sent.flatMap(({ ids: chunk }) => chunk)).toEqual(sorted(asked));
    expect((await world.status(jobId)).job).toMatchObject({ jobId, total: 5, chunkSize: 2, open: true });
  });

  test('a repeat with the ids in another order answers the same job and sends nothing', async () => {
    const world = new World();
    const asked = ids(3);
    const first = await world.create(asked, 'key');
    const again = await world.create([...asked].reverse(), 'key');
    expect(again).toEqual({ jobId: first.jobId, replayed: true });
    expect(world.queue.sent).toHaveLength(2);
  });

  test('a repeat after the idempotency record is lost answers the same job and sends nothing', async () => {
    const world = new World();
    const asked = ids(3);
    const first = await world.create(asked, 'key');
    world.once.forget();
    expect(await world.create(asked, 'key')).toEqual({ jobId: first.jobId, replayed: true });
    expect(world.queue.sent).toHaveLength(2);
    expect(world.races()).toEqual(['commit']);
  });

  test('fifty calls at once create one job and send its chunks once', async () => {
    const world = new World();
    const asked = ids(3);
    const created = await Promise.all(Array.from({ length: 50 }, () => world.create(asked, 'key')));
    expect(new Set(created.map(({ jobId }) => jobId)).size).toBe(1);
    expect(created.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect(world.queue.sent).toHaveLength(2);
  });

  test('other ids under the same key are refused, with and without the idempotency record', async () => {
    const world = new World();
    const asked = ids(3);
    const first = await world.create(asked, 'key');
    await expect(world.create(ids(3), 'key')).rejects.toThrow(IdempotencyKeyReusedError);
    world.once.forget();
    await expect(world.create(ids(3), 'key')).rejects.toThrow(IdempotencyKeyReusedError);
    expect(await world.create(asked, 'key')).toEqual({ jobId: first.jobId, replayed: true });
    await world.drain();
    const { outcomes } = await world.status(first.jobId);
    expect(outcomes.map(({ targetGroupId }) => targetGroupId)).toEqual(sorted(asked));
  });

  test('other ids under the same key are refused even if the idempotency table does not answer', async () => {
    const world = new World();
    await world.create(ids(3), 'key');
    world.once.run = () => Promise.resolve({ kind: 'unknown', cause: 'no answer' });
    await expect(world.create(ids(3), 'key')).rejects.toThrow(IdempotencyKeyReusedError);
  });

  test('a creation that dies before its request is saved leaves no job', async () => {
    const world = new World();
    world.jobs.saveRequest = () => Promise.reject(new Error('killed'));
    await expect(world.create(ids(3), 'key')).rejects.toThrow('killed');
    const { jobId } = await new World().create(ids(1), 'key');
    await expect(world.status(jobId)).rejects.toThrow(JobNotFoundError);
  });

  test('answers after the fan-out, which gets the time limit of the answer', async () => {
    const world = new World();
    const { promise, resolve } = Promise.withResolvers<undefined>();
    let until = 0;
    world.queue.send = async (_work, stopAt) => {
      until = stopAt;
      await promise;
    };
    let answered = false;
    const creating = world.create(ids(3), 'key', { answerBy: NOW + 100 }).then(() => (answered = true));
    await new Promise(setImmediate);
    expect(answered).toBe(false);
    expect(until).toBe(NOW + 100);
    resolve(undefined);
    expect(await creating).toBe(true);
  });

  test('a repeat after the job has expired creates the job anew', async () => {
    const world = new World();
    const asked = ids(3);
    const first = await world.create(asked, 'key');
    world.time += world.settings.retentionSeconds * 1000;
    expect(await world.create(asked, 'key')).toEqual({ jobId: first.jobId, replayed: false });
    expect(world.queue.sent).toHaveLength(4);
    expect((await world.status(first.jobId)).job.createdAt).toBe(new Date(world.time).toISOString());
  });

  test('a job whose messages could not be sent is still accepted', async () => {
    const world = new World();
    world.queue.send = () => Promise.reject(new Error('no queue'));
    const { jobId } = await world.create(ids(3));
    expect(world.events()).toContain('fan-out.failed');
    expect((await world.status(jobId)).job.open).toBe(true);
  });
});
