/** Workers: take a batch of messages, carry out one chunk after the other, and answer which of them failed. */
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
    // Where it fails the message comes back at the end of its visibility timeout.
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
  // Where its answer is lost nothing is acknowledged, or all of it: either way there is nobody left to care.
  work().catch(() => undefined);
}
