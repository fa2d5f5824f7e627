/** Counts failed target groups by reason. */
import type { FailedTargetGroup } from '../read-answers.ts';

export interface Reason {
  readonly code: string;
  readonly description: string;
  readonly count: number;
}

/** Returns the reasons, the most frequent first. */
export function countReasons(failed: readonly FailedTargetGroup[]): Reason[] {
  const reasons = new Map<string, Reason>();
  for (const {
    failure_reason: { code, description },
  } of failed) {
    const name = JSON.stringify([code, description]);
    reasons.set(name, { code, description, count: (reasons.get(name)?.count ?? 0) + 1 });
  }
  return [...reasons.values()].sort(
    (a, b) => b.count - a.count || (a.code + a.description < b.code + b.description ? -1 : 1),
  );
}
