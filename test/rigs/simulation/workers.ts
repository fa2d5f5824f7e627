/** Simulates workers: each runs the chunks of a batch one after the other, and reports the failed ones. */
import { computeReturnSeconds } from '../../../src/adapters/sqs/return-to-queue.ts';
import { ChunkTakenError } from '../../../src/domain/errors.ts';
import type { Message } from './queue.ts';
import { SECOND } from './simulated-times.ts';
import { archiveAndPause } from './simulated-users.ts';
import type { SimulatedSystem } from './simulated-system.ts';

export function startWorker(system: SimulatedSystem, batch: readonly Message[]): void {
  const { auditor, calls, plan, queue, random, useCases } = system;
  const by = system.invoke('worker');
  const ports = system.makePorts(by);
  const settings = { parallelism: plan.parallelism, claimMs: useCases.workerClaimMs };

  const handBack = (message: Message) => {
    const effect = () => {
      queue.handBack(message, SECOND * computeReturnSeconds(message.receives, random.next()));
      return Promise.resolve();
    };
    // If this fails, the message returns at the end of its visibility timeout.
    return calls.makeCall(by, 'queue.giveBack', effect).catch(() => undefined);
  };

  for (const { work } of batch)
    archiveAndPause(system, { ...work.chunk, targetGroupId: random.pick(work.ids) });

  const work = async () => {
    const acknowledged: Message[] = [];
    for (const [i, message] of batch.entries()) {
      let failed = false;
      try {
        await useCases.runChunk(
          { ...ports, settings },
          { work: message.work, owner: `${by.name}/${i}`, stopAt: by.stopAt, handBackBy: by.handBackBy },
        );
      } catch (error) {
        failed = true;
        if (!(error instanceof ChunkTakenError)) await handBack(message);
      }
      if (useCases.mayAcknowledge(failed)) acknowledged.push(message);
    }
    await calls.makeCall(by, 'worker.answer', async () => {
      for (const message of acknowledged) {
        queue.delete(message);
        await auditor.checkAcknowledged(message.work);
      }
    });
  };
  // If the answer is lost, all acknowledged messages were deleted or none; either way the worker has ended.
  work().catch(() => undefined);
}
