/** Simulates clients: they create jobs, repeat or abandon requests, reuse keys for other bodies, and poll. */
import {
  IdempotencyKeyReusedError,
  type RetryAfter,
  ServiceUnavailableError,
  TooManyRequestsError,
} from '../../../src/domain/errors.ts';
import { deriveStatus } from '../../../src/domain/job.ts';
import type { RequestedJob } from '../auditor/auditor.ts';
import type { Attempt, Order } from './random-plan.ts';
import { FUNCTIONS, HOUR, MINUTE, RETENTION_MS, SECOND, STALLED_MS } from './simulated-times.ts';
import type { SimulatedSystem } from './simulated-system.ts';

/** Refuses nobody: most schedules stay far below the limits of open work. */
const OPEN_ADMISSION = { decide: () => Promise.resolve(undefined), count: () => Promise.resolve() };

const TRACE = { traceparent: '', tracestate: '' };

export function startClients(system: SimulatedSystem): void {
  for (const order of system.plan.orders) {
    for (const attempt of order.attempts) {
      system.expectRequestWithin(attempt.at);
      system.scheduler.runAfter(attempt.at, () => {
        sendCreate(system, order, attempt);
      });
    }
  }
}

function sendCreate(system: SimulatedSystem, { key, createdBy, ...order }: Order, attempt: Attempt): void {
  const { auditor, random, scheduler, useCases, plan } = system;
  const { ids } = attempt;
  if (random.chance(system.profile.forget)) useCases.once.forget();
  const asked = auditor.addRequest(key, createdBy, ids);
  const acceptedBefore = asked.accepted !== undefined;
  const instance = system.createFunctions?.take();
  const by = system.invoke('create-job', instance?.skewMs);
  const ports = system.makePorts(by);
  const { jobs, groups, queue, once, clock, journal } = ports;
  if (instance !== undefined) {
    instance.skewMs = by.skewMs;
    instance.ports = ports;
  }
  const settings = {
    chunkSize: plan.chunkSize,
    retentionSeconds: RETENTION_MS / SECOND,
    stalledSeconds: STALLED_MS / SECOND,
    deadlineSeconds: system.profile.deadlineMs / SECOND,
  };
  const creation = {
    key,
    targetGroupIds: [...ids, ...ids.slice(0, 1)],
    createdBy,
    trace: TRACE,
    owner: by.name,
    answerBy: by.stopAt,
  };

  let answered = false;
  const admission = instance?.admission ?? OPEN_ADMISSION;
  const deps = { jobs, groups, admission, queue, once, clock, journal, settings };
  const created = useCases.createJob(deps, creation).finally(() => {
    if (instance !== undefined && by.wasRunningAt(scheduler.now)) system.createFunctions?.free(instance);
  });
  created.then(
    ({ jobId }) => {
      // The function may still be killed before its answer reaches the client.
      by.runAfter(1, () => {
        if (attempt.givesUp) return;
        answered = true;
        system.stats.add('clients: 201');
        void auditor.checkAccepted(asked, ids, jobId);
        pollJob(system, asked, jobId);
      });
    },
    (error: unknown) => {
      if (error instanceof IdempotencyKeyReusedError) {
        answered = true;
        system.stats.add('clients: 400');
        auditor.checkRefused(asked, ids);
      } else if (error instanceof TooManyRequestsError || error instanceof ServiceUnavailableError) {
        answered = true;
        const kind = error instanceof TooManyRequestsError ? 'account' : 'stack';
        system.stats.add(`clients: refused by the limit of the ${kind}`);
        void auditor.checkOverLimit(asked, ids, kind, acceptedBefore);
        repeatAsTold(system, { key, createdBy, ...order }, attempt, error.retryAfter);
      }
    },
  );

  const wait = FUNCTIONS['create-job'].timeoutMs + random.int(0, 5 * SECOND);
  system.expectRequestWithin(wait);
  scheduler.runAfter(wait, () => {
    if (answered || attempt.retries === 0) return;
    sendCreate(
      system,
      { key, createdBy, ...order },
      { ...attempt, givesUp: false, retries: attempt.retries - 1 },
    );
  });
}

/** Lets a refused client wait as it was told, and then repeat its request; sometimes with other ids. */
function repeatAsTold(
  system: SimulatedSystem,
  order: Order,
  attempt: Attempt,
  { shortest, longest }: RetryAfter,
): void {
  const { profile, random, scheduler } = system;
  const wait = random.int(shortest, longest) * SECOND;
  const isOther = random.chance(0.05) && attempt.ids.length > (profile.limits?.smallestJob ?? 1);
  const ids = isOther ? attempt.ids.slice(1) : attempt.ids;
  system.expectRequestWithin(wait);
  scheduler.runAfter(wait, () => {
    sendCreate(system, order, { ...attempt, ids });
  });
}

/** Reads the job up to twice. Each answer must agree with all earlier answers about this job. */
function pollJob(system: SimulatedSystem, asked: RequestedJob, jobId: string): void {
  const { auditor, random, scheduler, useCases } = system;
  const times = random.int(0, 2);
  for (let i = 0; i < times; i += 1) {
    scheduler.runAfter(random.int(0, random.pick([SECOND, MINUTE, HOUR])), () => {
      const by = system.invoke('get-job');
      const ports = system.makePorts(by);
      const endedBefore = auditor.hasEnded(jobId);
      useCases.getJob(ports, asked.key, asked.key.action, jobId).then(
        ({ job, outcomes }) =>
          auditor.checkShown(jobId, { status: deriveStatus(job), outcomes }, endedBefore),
        // A failed read is a 500, which breaks no promise.
        () => undefined,
      );
    });
  }
}
