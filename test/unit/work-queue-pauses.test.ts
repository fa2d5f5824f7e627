/** The pauses of the work queue between its tries. Only that they are not too short can be said of a busy machine. */
import type { SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, expect, jest, test } from '@jest/globals';
import { SqsWorkQueue } from '../../src/adapters/sqs/work-queue.ts';
import { cutIntoChunks } from '../../src/application/cut-into-chunks.ts';
import { TRACE, aJob, ids } from '../support/builders.ts';

afterEach(() => {
  jest.restoreAllMocks();
});

/** When a queue that takes nothing was asked, in ms. */
async function triesOf(answer: () => Promise<object>): Promise<number[]> {
  const at: number[] = [];
  const send = () => {
    at.push(performance.now());
    return answer();
  };
  const job = aJob({ total: 1, chunkSize: 1 });
  const queue = new SqsWorkQueue({ send } as unknown as SQSClient, 'http://127.0.0.1:9/0/chunks');
  const sent = queue.send(cutIntoChunks(job, ids(1), [0], TRACE), Infinity);
  await expect(sent).rejects.toThrow('1 of 1 messages could not be sent.');
  return at;
}

test.each([
  { what: 'does not answer', answer: () => Promise.reject(new Error('no answer')) },
  { what: 'refuses an entry', answer: () => Promise.resolve({ Failed: [{ Id: '0' }] }) },
])('a queue that $what is asked five times, each pause twice as long', async ({ answer }) => {
  jest.spyOn(Math, 'random').mockReturnValue(0.99);
  const at = await triesOf(answer);
  const pauses = at.slice(1).map((time, i) => time - (at[i] ?? 0));
  expect(pauses).toHaveLength(4);
  for (const [i, longest] of [50, 100, 200, 400].entries()) {
    expect(pauses[i]).toBeGreaterThanOrEqual(0.99 * longest - 1);
  }
});

test('chance shortens a pause, down to none', async () => {
  // A pause of ms as long as its number would never end.
  jest.spyOn(Math, 'random').mockReturnValue(0);
  expect(await triesOf(() => Promise.reject(new Error('no answer')))).toHaveLength(5);
});
