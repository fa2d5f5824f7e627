/** Target groups in DynamoDB. The condition of a move is built from the action's transition (ADR 6). */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type Effect, type Guard, getTransition } from '../../domain/actions.ts';
import type { Tenant } from '../../domain/ids.ts';
import type { TargetGroup, TargetGroupKey } from '../../domain/target-group.ts';
import type { Move, MoveResult, TargetGroups } from '../../ports/target-groups.ts';
import { getItem } from './get-item.ts';
import { requireKnownFormat } from './read-item.ts';
import {
  MARKS,
  NO_MARK,
  makeProjectKey,
  PROJECT_FORMAT,
  readTargetGroup,
  makeTargetGroupKey,
  TARGET_GROUP_FORMAT,
} from './target-group-item.ts';
import { updateIf } from './update.ts';

/** The guards as conditions. `guardHolds` in the domain checks the same on a target group that was read. */
const GUARD_CONDITIONS: Record<Guard, string> = {
  'completes-goal-open': 'current_completes < completes_goal',
  'end-date-ahead': 'end_fielding_at > :now',
};

/** The effects as assignments. `applyMove` in the domain does the same to a target group in memory. */
const EFFECT_ASSIGNMENTS: Record<Effect, string> = {
  'starts-now': 'end_fielding_at = fielding_length + :now',
};

/** Shifts every mark by one attribute and drops the last. The right sides are the values before the write. */
const SHIFT_MARKS = MARKS.map((name, i) =>
  i === 0 ? `${name} = :mark` : `${name} = if_not_exists(${MARKS[i - 1] ?? ''}, :none)`,
).join(', ');

/**
 * Holds when this job has not moved the target group yet, because a second move could undo a user's change.
 * It also holds when no job has moved it: a missing attribute differs from every value.
 */
const WITHOUT_OUR_MARK = MARKS.map((name) => `${name} <> :mark`).join(' AND ');

export class DynamoDBTargetGroups implements TargetGroups {
  readonly #client: DynamoDBClient;
  readonly #table: string;

  constructor(client: DynamoDBClient, table: string) {
    this.#client = client;
    this.#table = table;
  }

  async projectExists(tenant: Tenant): Promise<boolean> {
    const item = await getItem(this.#client, this.#table, makeProjectKey(tenant));
    if (item !== undefined) requireKnownFormat(item, PROJECT_FORMAT);
    return item !== undefined;
  }

  async find(key: TargetGroupKey): Promise<TargetGroup | undefined> {
    const item = await getItem(this.#client, this.#table, makeTargetGroupKey(key));
    return item && readTargetGroup(key, item);
  }

  async move(key: TargetGroupKey, { action, mark, now, by }: Move): Promise<MoveResult> {
    const { from, to, guards, effects } = getTransition(action);
    const fromValues = from.map((status, i) => [`:from${i}`, status] as const);
    // The action may start from its status, every guard holds now, and this job has not moved it yet. If one
    // of these fails, nothing is written, and the item as it was then shows which.
    const condition = [
      `#status IN (${fromValues.map(([name]) => name).join(', ')})`,
      ...guards.map((guard) => GUARD_CONDITIONS[guard]),
      WITHOUT_OUR_MARK,
    ].join(' AND ');
    const assignments = [
      '#status = :to, version = version + :one, last_changed_at = :now, last_changed_by = :by',
      ...effects.map((effect) => EFFECT_ASSIGNMENTS[effect]),
      SHIFT_MARKS,
    ].join(', ');
    const update = {
      table: this.#table,
      key: makeTargetGroupKey(key),
      // The move does not write the format: the item keeps the one that its writer gave it.
      format: TARGET_GROUP_FORMAT,
      update: `SET ${assignments}`,
      condition,
      names: { '#status': 'status' },
      values: {
        ...Object.fromEntries(fromValues),
        ':to': to,
        ':one': 1,
        ':now': Date.parse(now),
        ':by': by,
        ':mark': mark,
        ':none': NO_MARK,
      },
      certain: true,
    };
    try {
      const result = await updateIf(this.#client, update);
      if (result.written) return { moved: true };
      return { moved: false, found: result.found && readTargetGroup(key, result.found) };
    } catch (error) {
      // DynamoDB answers so when an attribute has the wrong type, say a version that is a string. Then `find`
      // throws an InconsistentStoreError that names it. If `find` succeeds, the item is not the cause.
      if (error instanceof Error && error.name === 'ValidationException') await this.find(key);
      throw error;
    }
  }
}
