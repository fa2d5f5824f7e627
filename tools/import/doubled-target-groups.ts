/** Finds target groups that stand in a file more than once, in some 200 bytes of memory for each. */
import { hash } from 'node:crypto';
import type { TargetGroup } from '../../src/domain/target-group.ts';
import { DataFileError } from '../kit/tool-errors.ts';
import type { DataRecord } from './records.ts';

/** A Map holds at most 2^24 entries. */
const MAPS = 16;

export class DoubledTargetGroups {
  /** Numbers of the target groups by the hash of their ids. */
  readonly #numbers = Array.from({ length: MAPS }, () => new Map<string, number>());
  readonly #lines: number[] = [];
  /** Hashes of the values, 48 bits each. */
  readonly #values: number[] = [];

  /**
   * Notes a record.
   * @returns whether it repeats an earlier one of the same target group
   * @throws DataFileError when the earlier one has other values
   */
  check(file: string, line: number, record: DataRecord): boolean {
    const earlier = record.type === 'target_group' ? this.#note(record.group, line) : undefined;
    if (earlier === undefined || record.type === 'project') return false;
    if (earlier.sameValues) return true;
    const { targetGroupId } = record.group;
    throw new DataFileError(
      file,
      line,
      `target_group_id: found "${targetGroupId}" with other values than in line ${earlier.line}, expected it once`,
    );
  }

  /** Notes a target group, and returns where it stood first, if it did. */
  #note(group: TargetGroup, line: number): { line: number; sameValues: boolean } | undefined {
    const id = digest([group.accountId, group.projectId, group.targetGroupId]);
    const values = digest([
      group.status,
      group.completesGoal,
      group.currentCompletes,
      group.startFieldingAt,
      group.endFieldingAt,
      group.fieldingRunId,
    ]).readUIntBE(0, 6);
    const numbers = this.#numbers[(id[0] ?? 0) % MAPS] ?? new Map<string, number>();
    const key = id.toString('latin1', 0, 16);
    const number = numbers.get(key);
    if (number !== undefined) {
      return { line: this.#lines[number] ?? 0, sameValues: this.#values[number] === values };
    }
    numbers.set(key, this.#lines.length);
    this.#lines.push(line);
    this.#values.push(values);
    return undefined;
  }
}

function digest(values: readonly unknown[]): Buffer {
  return hash('sha256', JSON.stringify(values), 'buffer');
}
