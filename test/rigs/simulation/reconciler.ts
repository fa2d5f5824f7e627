/** Starts reconcile every minute, sometimes twice, and ends the schedule once all jobs have ended. */
import {
  DEADLINE_MS,
  computeGivenUpLatestMs,
  HOUR,
  MAX_SKEW_MS,
  MINUTE,
  RECONCILE_EVERY_MS,
  SECOND,
  STALLED_MS,
} from './simulated-times.ts';
import { makeEnlargedBacklog } from './create-functions.ts';
import type { Limits } from './profile.ts';
import type { SimulatedSystem } from './simulated-system.ts';

/** Time after the last fault in which every job must end: claims have expired by then, and reconcile ran. */
const END_WITHIN_MS = 90 * MINUTE;

/**
 * Time in which every job ends that reads have kept open, once they may be given up: claims expire, and each
 * run of reconcile settles some chunks.
 */
const GIVE_UP_WITHIN_MS = 45 * MINUTE;

export function startReconciler(system: SimulatedSystem): void {
  const { auditor, plan, profile, random, scheduler } = system;
  const { outage } = profile;
  const faultsEnd = Math.max(profile.troubleMs, outage?.until ?? 0, HOUR);
  const lastAttemptMs = Math.max(...plan.orders.flatMap(({ attempts }) => attempts.map(({ at }) => at)));
  // While no target group can be read, jobs end nevertheless, also those that a late attempt creates.
  const givenUpBy =
    outage?.port === 'groups.'
      ? lastAttemptMs + computeGivenUpLatestMs(profile.deadlineMs) + GIVE_UP_WITHIN_MS
      : Infinity;
  const start = scheduler.now;
  const latest = start + Math.min(faultsEnd + END_WITHIN_MS, givenUpBy);

  const tick = async () => {
    if (system.haveAllAsked() && (await auditor.haveAllEnded())) {
      system.resendOldMessages();
      return;
    }
    await auditor.checkQuietJobs();
    if (scheduler.now > latest) {
      await auditor.checkEnd();
      scheduler.stop();
      return;
    }
    // Skips the many runs that would find no due job, even with the fastest clock. Where open work is limited
    // each of them counts it, unless it is late.
    const isDue = (await auditor.findNextDue()) - MAX_SKEW_MS <= scheduler.now;
    if (profile.limits === undefined ? isDue : !isLate(profile.limits, scheduler.now - start)) {
      runReconcile(system);
      if (random.chance(profile.duplicate)) {
        scheduler.runAfter(random.int(0, 10 * SECOND), () => {
          runReconcile(system);
        });
      }
    }
    scheduler.runAfter(RECONCILE_EVERY_MS, tick);
  };
  // At the extreme it runs right at the deadline of the jobs that were created first.
  const longest = random.chance(profile.edges) ? 5 * SECOND : RECONCILE_EVERY_MS;
  scheduler.runAfter(random.int(0, longest), tick);
}

function isLate({ latePass }: Limits, elapsed: number): boolean {
  return latePass !== undefined && elapsed >= latePass.from && elapsed < latePass.until;
}

function runReconcile(system: SimulatedSystem): void {
  const { plan, useCases } = system;
  const by = system.invoke('reconcile');
  system.auditor.addRun(by.name, system.queue.count());
  const settings = {
    parallelism: plan.parallelism,
    claimMs: useCases.reconcileClaimMs,
    stalledMs: STALLED_MS,
    deadlineMs: DEADLINE_MS,
    workers: system.profile.workers,
    // Fewer than the function has, because a schedule has few jobs.
    looksAtOnce: 2,
    settlesAtOnce: 2,
  };
  const ports = system.makePorts(by);
  const backlog = makeEnlargedBacklog(ports.backlog);
  useCases
    .reconcile(
      { ...ports, backlog, stoppedAt: system.stoppedAt, settings },
      { owner: by.name, stopAt: by.stopAt },
    )
    // A failed run needs no handling: the next one follows a minute later.
    .catch(() => undefined);
}
