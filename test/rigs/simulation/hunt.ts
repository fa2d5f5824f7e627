/** Runs schedules with a planted bug until the auditor reports a violation. */
import type { Action } from '../../../src/domain/actions.ts';
import type { Violation } from '../auditor/auditor.ts';
import type { PlantedBug } from './planted-bugs.ts';
import { runSchedule } from './run-schedule.ts';
import { shippedUseCases } from './shipped-use-cases.ts';

/** Fixed: with other actions the same seeds make other schedules, and a rare bug could take many more. */
const HUNTED_ACTIONS: readonly Action[] = ['resume', 'pause', 'launch', 'complete', 'relaunch'];

/** @returns the first violation and how many schedules it took, or undefined after `most` without one */
export async function huntBug(
  { plant, profile }: PlantedBug,
  most: number,
): Promise<{ readonly schedules: number; readonly violation: Violation } | undefined> {
  for (let seed = 1; seed <= most; seed += 1) {
    const useCases = plant(shippedUseCases());
    const { violations } = await runSchedule({
      seed,
      useCases,
      actions: HUNTED_ACTIONS,
      ...(profile && { profile }),
    });
    if (violations[0] !== undefined) return { schedules: seed, violation: violations[0] };
  }
  return undefined;
}
