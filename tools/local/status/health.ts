/** Decides whether the local stack is healthy, and lists its problems. */
import type { FunctionStats } from './function-record.ts';

interface ScheduleHealth {
  readonly functionName: string;
  readonly everySeconds: number;
  /** Epoch milliseconds at which the latest run began; null before the first. */
  readonly lastBegan: number | null;
  readonly state: 'waiting' | 'ok' | 'late' | 'failed';
}

export interface WatchedSchedule {
  /** The function's name in the log. */
  readonly functionName: string;
  readonly everySeconds: number;
}

export interface Health {
  readonly ok: boolean;
  /** One sentence for each problem. */
  readonly problems: readonly string[];
  readonly schedules: readonly ScheduleHealth[];
}

export interface HealthSigns {
  /** Epoch milliseconds, like `servingSince`. */
  readonly now: number;
  readonly servingSince: number;
  readonly schedules: readonly WatchedSchedule[];
  readonly functions: readonly FunctionStats[];
  /** Log lines of the level ERROR in the last minute. */
  readonly recentErrors: number;
  readonly deadLetters: number;
  /** One sentence for each source that could not be read. */
  readonly unread: readonly string[];
}

export function deriveHealth(signs: HealthSigns): Health {
  const schedules = signs.schedules.map((schedule) => deriveScheduleHealth(schedule, signs));
  const problems = [
    ...signs.unread,
    ...schedules
      .filter(({ state }) => state === 'late' || state === 'failed')
      .map(({ functionName, state }) =>
        state === 'failed'
          ? `The last run of ${functionName} failed.`
          : `${functionName} should have run by now, and has not.`,
      ),
    ...(signs.deadLetters > 0 ? [`${formatCount(signs.deadLetters, 'dead letter')}.`] : []),
    ...(signs.recentErrors > 0 ? [`${formatCount(signs.recentErrors, 'error')} in the last minute.`] : []),
  ];
  return { ok: problems.length === 0, problems, schedules };
}

/** Judges a schedule by the invocations of its function, which nothing else runs. */
function deriveScheduleHealth(
  { functionName, everySeconds }: WatchedSchedule,
  { now, servingSince, functions }: HealthSigns,
): ScheduleHealth {
  const stats = functions.find(({ name }) => name === functionName);
  const lastBegan = stats?.lastBegan ?? null;
  // A busy machine may skip one run; two missing runs are a problem.
  const late = now - (lastBegan ?? servingSince) > 2 * everySeconds * 1_000;
  const state = late ? 'late' : lastBegan === null ? 'waiting' : stats?.lastFailed === true ? 'failed' : 'ok';
  return { functionName, everySeconds, lastBegan, state };
}

function formatCount(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
