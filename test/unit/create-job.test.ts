/** Tests that a job is created once, whatever is repeated or lost on the way. */
import { describe, expect, test } from '@jest/globals';
import { IdempotencyKeyReusedError, JobNotFoundError } from '../../src/domain/errors.ts';
import { NOW, makeIds } from '../support/builders.ts';
import { UseCaseRig, sortIds } from '../support/use-case-rig.ts';

describe('creating a job', () => {
  test('sends every id once, in order, in chunks', async () => {
    const rig = new UseCaseRig();
    const asked = makeIds(5).reverse();
    const { jobId, replayed } = await rig.create([...asked, ...asked]);
    expect(replayed).toBe(false);
    expect(rig.queue.sent.map(({ ids: chunk }) => chunk.length)).toEqual([2, 2, 1]);
    expect(rig.queue.sent.flatMap(({ ids: chunk }) => chunk)).toEqual(sortIds(asked));
    expect((await rig.readJob(jobId)).job).toMatchObject({ jobId, total: 5, chunkSize: 2 });
  });

  test('a repeat with the ids in another order answers the same job and sends nothing', async () => {
    const rig = new UseCaseRig();
    const asked = makeIds(3);
    const first = await rig.create(asked, 'key');
    const again = await rig.create([...asked].reverse(), 'key');
    expect(again).toEqual({ jobId: first.jobId, replayed: true });
    expect(rig.queue.sent).toHaveLength(2);
  });

  test('a repeat after the idempotency record is lost answers the same job and sends nothing', async () => {
    const rig = new UseCaseRig();
    const asked = makeIds(3);
    const first = await rig.create(asked, 'key');
    rig.once.forget();
    expect(await rig.create(asked, 'key')).toEqual({ jobId: first.jobId, replayed: true });
    expect(rig.queue.sent).toHaveLength(2);
    expect(rig.listRaces()).toEqual(['commit']);
  });

  test('fifty calls at once create one job and send its chunks once', async () => {
    const rig = new UseCaseRig();
    const asked = makeIds(3);
    const created = await Promise.all(Array.from({ length: 50 }, () => rig.create(asked, 'key')));
    expect(new Set(created.map(({ jobId }) => jobId)).size).toBe(1);
    expect(created.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect(rig.queue.sent).toHaveLength(2);
  });

  test('other ids under the same key are refused, with and without the idempotency record', async () => {
    const rig = new UseCaseRig();
    const asked = makeIds(3);
    const first = await rig.create(asked, 'key');
    await expect(rig.create(makeIds(3), 'key')).rejects.toThrow(IdempotencyKeyReusedError);
    rig.once.forget();
    await expect(rig.create(makeIds(3), 'key')).rejects.toThrow(IdempotencyKeyReusedError);
    expect(await rig.create(asked, 'key')).toEqual({ jobId: first.jobId, replayed: true });
    await rig.drain();
    const { outcomes } = await rig.readJob(first.jobId);
    expect(outcomes.map(({ targetGroupId }) => targetGroupId)).toEqual(sortIds(asked));
  });

  test('other ids under the same key are refused even if the idempotency table does not answer', async () => {
    const rig = new UseCaseRig();
    await rig.create(makeIds(3), 'key');
    rig.once.run = () => Promise.resolve({ kind: 'unknown', cause: 'no answer' });
    await expect(rig.create(makeIds(3), 'key')).rejects.toThrow(IdempotencyKeyReusedError);
  });

  test('a creation that dies before its request is saved leaves no job', async () => {
    const rig = new UseCaseRig();
    rig.jobs.saveRequest = () => Promise.reject(new Error('killed'));
    await expect(rig.create(makeIds(3), 'key')).rejects.toThrow('killed');
    const { jobId } = await new UseCaseRig().create(makeIds(1), 'key');
    await expect(rig.readJob(jobId)).rejects.toThrow(JobNotFoundError);
  });

  test('answers after the fan-out, which gets the time limit of the answer', async () => {
    const rig = new UseCaseRig();
    const { promise, resolve } = Promise.withResolvers<undefined>();
    let until = 0;
    rig.queue.send = async (_work, options) => {
      until = options.until;
      await promise;
    };
    let answered = false;
    const creating = rig.create(makeIds(3), 'key', { answerBy: NOW + 100 }).then(() => (answered = true));
    await new Promise(setImmediate);
    expect(answered).toBe(false);
    expect(until).toBe(NOW + 100);
    resolve(undefined);
    expect(await creating).toBe(true);
  });

  test('a repeat after the job has expired creates the job anew', async () => {
    const rig = new UseCaseRig();
    const asked = makeIds(3);
    const first = await rig.create(asked, 'key');
    rig.time += rig.settings.retentionSeconds * 1000;
    expect(await rig.create(asked, 'key')).toEqual({ jobId: first.jobId, replayed: false });
    expect(rig.queue.sent).toHaveLength(4);
    expect((await rig.readJob(first.jobId)).job.createdAt).toBe(new Date(rig.time).toISOString());
  });

  test('a job whose messages could not be sent is still accepted', async () => {
    const rig = new UseCaseRig();
    rig.queue.send = () => Promise.reject(new Error('no queue'));
    const { jobId } = await rig.create(makeIds(3));
    expect(rig.listEvents()).toContain('fan-out.failed');
    expect((await rig.readJob(jobId)).job.look).toBeDefined();
  });
});
