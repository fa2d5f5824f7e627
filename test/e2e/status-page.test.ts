/** Tests the status page of the running local stack, which shows all parts of a job. */
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import type { Snapshot } from '../../tools/local/status/status.ts';
import { Client, readLocation, sendRequest } from '../support/api-client.ts';
import { aProject, readE2eStack } from '../support/e2e.ts';

const stack = readE2eStack();

async function readSnapshot(query = ''): Promise<Snapshot> {
  const { status, text } = await sendRequest('GET', `${stack.url}/_local/status${query}`);
  expect(status).toBe(200);
  return JSON.parse(text) as Snapshot;
}

test('the snapshot shows a job with its progress, its log lines and the functions that ran for it', async () => {
  const client = await Client.signIn(stack.url);
  const { tenant, ids } = await aProject(stack, [{}, {}, { status: 'draft' }]);
  const location = readLocation(await client.create(tenant, ids));
  const jobId = location.split('/').at(-1) ?? '';
  await client.waitUntilEnded(location);

  // The last log line may still be on its way from the worker's thread.
  let seen = await readSnapshot(`?job=${jobId}`);
  const findRow = () => seen.jobs.find((job) => job.jobId === jobId);
  while (typeof findRow()?.milliseconds !== 'number') {
    await pause(50);
    seen = await readSnapshot(`?job=${jobId}`);
  }
  expect(findRow()).toMatchObject({
    ...tenant,
    action: 'resume',
    status: 'Completed',
    total: 3,
    settled: 3,
    failed: 1,
  });
  const messages = seen.lines.map(({ message }) => message);
  expect(messages).toEqual(expect.arrayContaining(['job.created', 'chunk.settled', 'job.finished']));
  expect(seen.lines.filter((line) => line.jobId !== undefined && line.jobId !== jobId)).toEqual([]);

  expect(seen.state).toBe('serving');
  for (const name of ['CreateJob', 'GetJob', 'Worker']) {
    const stats = seen.functions.find((each) => each.name === name);
    expect(stats?.invocations).toBeGreaterThan(0);
    expect(stats?.p50).toBeGreaterThanOrEqual(0);
  }
  expect(seen.health.schedules).toMatchObject([{ functionName: 'Reconcile', everySeconds: 60 }]);
  expect(seen.queues.map(({ deadLetters }) => deadLetters).sort()).toEqual([false, false, true, true]);
});

test('the stack serves the page, and the snapshot counts the runs of a scheduled function', async () => {
  const page = await sendRequest('GET', `${stack.url}/_local`);
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
  const countRuns = async () =>
    (await readSnapshot()).functions.find(({ name }) => name === 'Reconcile')?.invocations ?? 0;
  const before = await countRuns();
  await sendRequest('POST', `${stack.url}/_local/schedules/run`);
  expect(await countRuns()).toBeGreaterThan(before);
  const { health } = await readSnapshot();
  expect(health.schedules[0]).toMatchObject({ state: 'ok' });
});
