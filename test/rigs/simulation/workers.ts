/** Simulates workers: each runs the chunks of a batch one after the other, and reports the failed ones. */
import { computeReturnSeconds } from '../../../src/adapters/sqs/return-to-queue.ts';
import { ChunkTakenError } from '../../../src/domain/errors.ts';
import type { Attempt } from '../../../src/application/run-chunk.ts';
import type { ChunkWork, GiveUpWork } from '../../../src/ports/work-queue.ts';
import type { Invocation } from './invocation.ts';
import type { Message, Queue } from './queue.ts';
import { DEADLINE_MS, SECOND } from './simulated-times.ts';
import { archiveAndPause } from './simulated-users.ts';
import type { SimulatedSystem } from './simulated-system.ts';

/** Runs a worker on chunks. @returns when it has ended */
export function startWorker(system: SimulatedSystem, batch: readonly Message[]): Promise<void> {
  const by = system.invoke('worker');
  const deps = makeDeps(system, by);
  for (const { work } of batch)
    archiveAndPause(system, { ...work.chunk, targetGroupId: system.random.pick(work.ids) });
  return runBatch(system, by, system.queue, batch, {
    run: (attempt) => system.useCases.runChunk(deps, attempt),
    onDeleted: (work) => system.auditor.checkAcknowledged(work),
  });
}

/** Runs a worker on give-ups. @returns when it has ended */
export function startGivingUp(system: SimulatedSystem, batch: readonly Message<GiveUpWork>[]): Promise<void> {
  const by = system.invoke('worker');
  const deps = makeDeps(system, by);
  return runBatch(system, by, system.giveUps, batch, {
    run: (attempt) => system.useCases.giveUpChunk(deps, attempt),
    onDeleted: (work) => system.auditor.checkGiveUpAcknowledged(work),
  });
}

function makeDeps(system: SimulatedSystem, by: Invocation) {
  const { plan, useCases } = system;
  const settings = {
    parallelism: plan.parallelism,
    claimMs: useCases.workerClaimMs,
    // The jobs' own deadlines count, which may be others.
    deadlineMs: DEADLINE_MS,
  };
  return { ...system.makePorts(by), settings };
}

interface BatchActions<Work extends ChunkWork> {
  readonly run: (attempt: Attempt<Work>) => Promise<void>;
  readonly onDeleted: (work: Work) => Promise<void>;
}

function runBatch<Work extends ChunkWork>(
  { calls, random, useCases }: SimulatedSystem,
  by: Invocation,
  queue: Queue<Work>,
  batch: readonly Message<Work>[],
  { run, onDeleted }: BatchActions<Work>,
): Promise<void> {
  const handBack = (message: Message<Work>) => {
    const effect = () => {
      queue.handBack(message, SECOND * computeReturnSeconds(message.receives, random.next()));
      return Promise.resolve();
    };
    // If this fails, the message returns at the end of its visibility timeout.
    return calls.makeCall(by, 'queue.giveBack', effect).catch(() => undefined);
  };

  const work = async () => {
    const acknowledged: Message<Work>[] = [];
    for (const [i, message] of batch.entries()) {
      let failed = false;
      try {
        await run({
          work: message.work,
          owner: `${by.name}/${i}`,
          stopAt: by.stopAt,
          handBackBy: by.handBackBy,
        });
      } catch (error) {
        failed = true;
        if (!(error instanceof ChunkTakenError)) await handBack(message);
      }
      if (useCases.mayAcknowledge(failed)) acknowledged.push(message);
    }
    await calls.makeCall(by, 'worker.answer', async () => {
      for (const message of acknowledged) {
        if (queue.delete(message)) await onDeleted(message.work);
      }
    });
  };
  // If the answer is lost, all acknowledged messages were deleted or none; either way the worker has ended.
  return Promise.race([work().catch(() => undefined), by.waitForEnd()]);
}
