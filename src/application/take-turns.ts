/** Orders due jobs, so that the accounts take turns: no account delays the jobs of another (ADR 38). */
import type { OpenJob } from '../ports/open-jobs.ts';

/**
 * Returns first one job of each account, then the second of each, and so on. Of an account the job that has
 * been due for longest comes first, and the account whose job that is goes first.
 */
export function takeTurns<T extends OpenJob>(jobs: readonly T[]): T[] {
  const byDue = [...jobs].sort((a, b) => (a.dueAt < b.dueAt ? -1 : Number(a.dueAt > b.dueAt)));
  const turns: T[][] = [];
  const taken = new Map<number, number>();
  for (const job of byDue) {
    const turn = taken.get(job.accountId) ?? 0;
    taken.set(job.accountId, turn + 1);
    (turns[turn] ??= []).push(job);
  }
  return turns.flat();
}
