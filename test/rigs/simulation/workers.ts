/** Simulates workers: each runs the chunks of a batch one after the other, and reports the failed ones. */
import { RETURN_DELAYS } from '../../../src/adapters/sqs/return-to-queue.ts';
import { delayAfter } from '../../../src/domain/backoff.ts';
import { ChunkTakenError } from '../../../src/domain/errors.ts';
import type { Message } from './queue.ts';
import { SECOND } from './timing.ts';
import { waver } from './users.ts';
import type { World } from './world.ts';

export function startWorker(world: World, batch: readonly Message[]): void {
  const { auditor, calls, plan, queue, random, system } = world;
  const by = world.invoke('worker');
  const ports = world.portsOf(by);
  const settings = { parallelism: plan.parallelism, claimMs: system.workerClaimMs };

  const giveBack = (message: Message) => {
    const delay = SECOND * delayAfter(message.receives, RETURN_DELAYS);
    const effect = () => {
      queue.giveBack(message, Math.round(delay * (1 + random.next() / 2)));
      return Promise.resolve();
    };
    // If this fails, the message returns at the end of its visibility timeout.
    return calls.make(by, 'queue.giveBack', effect).catch(() => undefined);
  };

  for (const { work } of batch) waver(world, { ...work.chunk, targetGroupId: random.pick(work.ids) });

  const work = async () => {
    const acknowledged: Message[] = [];
    for (const [i, message] of batch.entries()) {
      let failed = false;
      try {
        await system.runChunk(
          { ...ports, settings },
          { work: message.work, owner: `${by.name}/${i}`, stopAt: by.stopAt },
        );
      } catch (error) {
        failed = true;
        if (!(error instanceof ChunkTakenError)) await giveBack(message);
      }
      if (system.acknowledges(failed)) acknowledged.push(message);
    }
    await calls.make(by, 'worker.answer', async () => {
      for (const message of acknowledged) {
        queue.delete(message);
        await auditor.acknowledged(message.work);
      }
    });
  };
  // If the answer is lost, all acknowledged messages were deleted or none; either way the worker has ended.
  work().catch(() => undefined);
}
