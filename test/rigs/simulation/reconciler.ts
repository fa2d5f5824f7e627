/** Starts reconcile every minute, sometimes twice, and ends the schedule once all jobs have ended. */
import { DEADLINE_MS, HOUR, MAX_SKEW_MS, MINUTE, SECOND, STALLED_MS } from './timing.ts';
import type { World } from './world.ts';

/** Time after the last fault in which every job must end: claims have expired by then, and reconcile ran. */
const ENOUGH_MS = 90 * MINUTE;

export function startReconciler(world: World): void {
  const { auditor, profile, random, scheduler } = world;
  const outageEnd = profile.outage?.until ?? 0;
  const latest = scheduler.now + Math.max(profile.troubleMs, outageEnd, HOUR) + ENOUGH_MS;

  const tick = async () => {
    if (world.allAsked() && (await auditor.allEnded())) {
      world.afterlife();
      return;
    }
    if (scheduler.now > latest) {
      await auditor.final();
      scheduler.stop();
      return;
    }
    // Skips the many runs that would find no due job, even with the fastest clock.
    if ((await auditor.nextDue()) - MAX_SKEW_MS <= scheduler.now) {
      run(world);
      if (random.chance(profile.duplicate)) {
        scheduler.after(random.int(0, 10 * SECOND), () => {
          run(world);
        });
      }
    }
    scheduler.after(MINUTE, tick);
  };
  scheduler.after(random.int(0, MINUTE), tick);
}

function run(world: World): void {
  const { plan, system } = world;
  const by = world.invoke('reconcile');
  const settings = {
    parallelism: plan.parallelism,
    claimMs: system.reconcileClaimMs,
    stalledMs: STALLED_MS,
    deadlineMs: DEADLINE_MS,
    pageSize: 2,
    jobsAtOnce: 2,
  };
  system
    .reconcile({ ...world.portsOf(by), settings }, { owner: by.name, stopAt: by.stopAt })
    // A failed run needs no handling: the next one follows a minute later.
    .catch(() => undefined);
}
