/** The queues as they were made, and how they are read. */
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { expect, test } from '@jest/globals';
import type { WiringRig } from '../rigs/wiring/rig.ts';
import { findName } from '../support/e2e.ts';

export function describeQueues(rig: WiringRig): void {
  async function readAttributes(queue: string): Promise<Record<string, string>> {
    const QueueUrl = new URL(
      new URL(findName(rig.stack.queues, queue)).pathname,
      rig.unobserved.endpoints.sqs,
    ).href;
    const { Attributes = {} } = await rig.queues.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
    );
    return Attributes;
  }

  test.concurrent.each(['Chunks', 'GiveUps'])(
    'a message in %s stays for four days, and away until the claim of a killed worker is over',
    async (queue) => {
      const { MessageRetentionPeriod, VisibilityTimeout, RedrivePolicy } = await readAttributes(queue);
      expect(Number(MessageRetentionPeriod)).toBe(4 * 24 * 60 * 60);
      // The worker's 17 s, at the end of which it may have made a claim of 153 s, and 5 s more.
      expect(Number(VisibilityTimeout)).toBe(175);
      expect(JSON.parse(RedrivePolicy ?? '')).toMatchObject({ maxReceiveCount: 4 });
    },
  );

  test.concurrent.each(['Queue', 'GivingUp'])('a dead letter of %s stays for two weeks', async (of) => {
    const { MessageRetentionPeriod } = await readAttributes(`${of}DeadLetters`);
    expect(Number(MessageRetentionPeriod)).toBe(14 * 24 * 60 * 60);
  });
}
