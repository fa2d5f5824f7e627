/** Simulates clients: they create jobs, repeat or abandon requests, reuse keys for other bodies, and poll. */
import { requireProject } from '../../../src/application/create-job.ts';
import { IdempotencyKeyReusedError } from '../../../src/domain/errors.ts';
import { statusOf } from '../../../src/domain/job.ts';
import type { Asked } from '../auditor/auditor.ts';
import type { Attempt, Order } from './plan.ts';
import { FUNCTIONS, HOUR, MINUTE, RETENTION_MS, SECOND, STALLED_MS } from './timing.ts';
import type { World } from './world.ts';

const TRACE = { traceparent: '', tracestate: '' };

export function startClients(world: World): void {
  for (const order of world.plan.orders) {
    for (const attempt of order.attempts) {
      world.expect(attempt.at);
      world.scheduler.after(attempt.at, () => {
        create(world, order, attempt);
      });
    }
  }
}

function create(world: World, { key, createdBy, ...order }: Order, attempt: Attempt): void {
  const { auditor, random, scheduler, system, plan } = world;
  const { ids } = attempt;
  if (random.chance(world.profile.forget)) system.once.forget();
  const asked = auditor.asks(key, createdBy, ids);
  const by = world.invoke('create-job');
  const { jobs, groups, queue, once, clock, journal } = world.portsOf(by);
  const settings = {
    chunkSize: plan.chunkSize,
    retentionSeconds: RETENTION_MS / SECOND,
    stalledSeconds: STALLED_MS / SECOND,
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
  const answer = async () => {
    await requireProject(groups, key);
    return system.createJob({ jobs, queue, once, clock, journal, settings }, creation);
  };
  answer().then(
    ({ jobId }) => {
      // The function may still be killed before its answer reaches the client.
      by.after(1, () => {
        if (attempt.givesUp) return;
        answered = true;
        world.stats.add('clients: 201');
        void auditor.accepted(asked, ids, jobId);
        poll(world, asked, jobId);
      });
    },
    (error: unknown) => {
      if (!(error instanceof IdempotencyKeyReusedError)) return;
      answered = true;
      world.stats.add('clients: 400');
      auditor.turnedAway(asked);
    },
  );

  const wait = FUNCTIONS['create-job'].timeoutMs + random.int(0, 5 * SECOND);
  world.expect(wait);
  scheduler.after(wait, () => {
    if (answered || attempt.retries === 0) return;
    create(world, { key, createdBy, ...order }, { ...attempt, givesUp: false, retries: attempt.retries - 1 });
  });
}

/** Reads the job up to twice. Each answer must agree with all earlier answers about this job. */
function poll(world: World, asked: Asked, jobId: string): void {
  const { auditor, random, scheduler, system } = world;
  const times = random.int(0, 2);
  for (let i = 0; i < times; i += 1) {
    scheduler.after(random.int(0, random.pick([SECOND, MINUTE, HOUR])), () => {
      const by = world.invoke('get-job');
      const ports = world.portsOf(by);
      const endedBefore = auditor.hasEnded(jobId);
      system.getJob(ports, asked.key, asked.key.action, jobId).then(
        ({ job, outcomes }) => auditor.shown(jobId, { status: statusOf(job), outcomes }, endedBefore),
        // A failed read is a 500, which breaks no promise.
        () => undefined,
      );
    });
  }
}
