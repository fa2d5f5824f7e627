/** Whether the local stack is well, in one word and the reasons for it. */
import type { FunctionStats } from './function-record.ts';

export interface ScheduleHealth {
  readonly functionName: string;
  readonly everySeconds: number;
  /** Epoch milliseconds; null before the first run. */
  readonly lastBegan: number | null;
  readonly state: 'waiting' | 'ok' | 'late' | 'failed';
}

export interface WatchedSchedule {
  /** As the function is called in the log. */
  readonly functionName: string;
  readonly everySeconds: number;
}

export interface Health {
  readonly ok: boolean;
  /** What is not as it should be, a sentence each. */
  readonly problems: readonly string[];
  readonly schedules: readonly ScheduleHealth[];
}

export interface Signs {
  /** Epoch milliseconds, as is `servingSince`. */
  readonly now: number;
  readonly servingSince: number;
  readonly schedules: readonly WatchedSchedule[];
  readonly functions: readonly FunctionStats[];
  readonly recentErrors: number;
  readonly deadLetters: number;
  /** What could not be read. */
  readonly unread: readonly string[];
}

export function healthOf(signs: Signs): Health {
  const schedules = signs.schedules.map((schedule) => scheduleHealth(schedule, signs));
  const problems = [
    ...signs.unread,
    ...schedules
      .filter(({ state }) => state === 'late' || state === 'failed')
      .map(({ functionName, state }) =>
        state === 'failed'
          ? `The last run of ${functionName} failed.`
          : `${functionName} should have run by now, and has not.`,
      ),
    ...(signs.deadLetters > 0 ? [`${count(signs.deadLetters, 'dead letter')}.`] : []),
    ...(signs.recentErrors > 0 ? [`${count(signs.recentErrors, 'error')} in the last minute.`] : []),
  ];
  return { ok: problems.length === 0, problems, schedules };
}

/** A schedule ran when its function did: nothing else runs that one. */
function scheduleHealth(
  { functionName, everySeconds }: WatchedSchedule,
  { now, servingSince, functions }: Signs,
): ScheduleHealth {
  const stats = functions.find(({ name }) => name === functionName);
  const lastBegan = stats?.lastBegan ?? null;
  // One run may be skipped by a busy machine; that the next one is missing too is no accident.
  const late = now - (lastBegan ?? servingSince) > 2 * everySeconds * 1_000;
  const state = late ? 'late' : lastBegan === null ? 'waiting' : stats?.lastFailed === true ? 'failed' : 'ok';
  return { functionName, everySeconds, lastBegan, state };
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
