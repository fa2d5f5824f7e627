/** Makes the target groups of the bench: up to 10,000 of one project, all resumable. */
import { randomInt } from 'node:crypto';
import { makeResumableGroup } from '../../local/data/demo.ts';
import { BatchWriter } from '../../local/data/write.ts';
import { ID_LENGTH, type Tenant } from '../../../src/domain/ids.ts';
import type { FieldingRunStatus } from '../../../src/domain/target-group.ts';
import type { BenchRig } from './bench-rig.ts';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';

export const MOST_IDS = 10_000;

export class TargetGroupSet {
  readonly tenant: Tenant = { accountId: 101, projectId: makeRandomId() };
  readonly ids: readonly string[];
  readonly #rig: BenchRig;

  constructor(rig: BenchRig, count: number) {
    this.#rig = rig;
    this.ids = Array.from({ length: count }, () => makeRandomId());
  }

  /** Writes the first `count` target groups again, without marks of jobs. By default each can be resumed. */
  async reset(count = this.ids.length, status: FieldingRunStatus = 'paused'): Promise<void> {
    const writer = new BatchWriter(this.#rig.dynamodb, this.#rig.findTableName('TargetGroups'));
    await writer.put({ type: 'project', tenant: this.tenant });
    for (const targetGroupId of this.ids.slice(0, count)) {
      await writer.put({
        type: 'target_group',
        group: { ...makeResumableGroup(this.tenant, targetGroupId, Date.now()), status },
      });
    }
    await writer.flush();
  }
}

/**
 * Makes an id of random characters only: such ids compress worst, so that stored jobs have their largest
 * size.
 */
function makeRandomId(): string {
  return Array.from({ length: ID_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
}

/** Cuts ids into `count` lists of the same length. */
export function splitIds(ids: readonly string[], count: number, length: number): string[][] {
  return Array.from({ length: count }, (_, i) => ids.slice(i * length, (i + 1) * length));
}
