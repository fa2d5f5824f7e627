/** Keeps every state of every target group with its time, and how often each creator has moved it. */
import type { TargetGroup } from '../../../src/domain/target-group.ts';

export class History {
  readonly #states = new Map<string, { readonly since: number; readonly group: TargetGroup }[]>();
  readonly #moves = new Map<string, number>();

  add(group: TargetGroup, at: number): void {
    const states = this.#states.get(makeGroupName(group));
    if (states === undefined) this.#states.set(makeGroupName(group), [{ since: at, group }]);
    else states.push({ since: at, group });
  }

  /** Counts a move. @returns the number of moves so far */
  addMove(name: string, by: string): number {
    const moves = this.countMoves(name, by) + 1;
    this.#moves.set(`${name} ${by}`, moves);
    return moves;
  }

  countMoves(name: string, by: string): number {
    return this.#moves.get(`${name} ${by}`) ?? 0;
  }

  /**
   * Whether `test` held for the target group at any time from `from` to `to`, epoch ms. The test receives
   * undefined for a time at which the target group did not exist.
   */
  everWas(
    name: string,
    from: number,
    to: number,
    test: (group: TargetGroup | undefined) => boolean,
  ): boolean {
    const states = this.#states.get(name) ?? [];
    const first = states[0];
    if (first === undefined || first.since > from) {
      if (test(undefined)) return true;
    }
    return states.some(
      ({ since, group }, i) => since <= to && (states[i + 1]?.since ?? Infinity) >= from && test(group),
    );
  }
}

/** Makes a unique name for a target group, which includes its tenant. */
export function makeGroupName({
  accountId,
  projectId,
  targetGroupId,
}: Pick<TargetGroup, 'accountId' | 'projectId' | 'targetGroupId'>): string {
  return `${accountId}#${projectId}#${targetGroupId}`;
}
