/** The size of what a create call sends: SQS bills a request by 64 KB of messages. */
import { expect, test } from '@jest/globals';
import { encodeChunk } from '../../src/adapters/sqs/chunk-message.ts';
import { chunkWork } from '../../src/application/chunk-work.ts';
import { readConfig } from '../../lib/config.ts';
import { aJob, ids } from '../support/builders.ts';

test("ten chunks of the default size are one billed request, with a client's trace state of usual length", () => {
  const { chunkSize } = readConfig({});
  const job = aJob({ total: 10 * chunkSize, chunkSize, accountId: 2_147_483_647 });
  const trace = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, tracestate: 'x'.repeat(100) };
  const chunks = chunkWork(job, ids(10 * chunkSize), [...Array(10).keys()], trace);
  const bytes = chunks.reduce((sum, chunk) => sum + Buffer.byteLength(encodeChunk(chunk)), 0);
  expect(chunks.flatMap((chunk) => chunk.ids)).toHaveLength(10 * chunkSize);
  expect(bytes).toBeLessThanOrEqual(65_536);
});
