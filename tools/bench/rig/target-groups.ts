/** Makes the target groups of the bench: up to 10,000 of one project, all resumable. */
import { randomInt } from 'node:crypto';
import { resumableGroup } from '../../local/data/demo.ts';
import { BatchWriter } from '../../local/data/write.ts';
import { ID_LENGTH, type Tenant } from '../../../src/domain/ids.ts';
import type { World } from './world.ts';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';

export const MOST_IDS = 10_000;

export class TargetGroupSet {
  readonly tenant: Tenant = { accountId: 101, projectId: randomId() };
  readonly ids: readonly string[];
  readonly #world: World;

  constructor(world: World, count: number) {
    this.#world = world;
    this.ids = Array.from({ length: count }, () => randomId());
  }

  /** Writes the first `count` target groups again, in their state before any job. */
  async reset(count = this.ids.length): Promise<void> {
    const writer = new BatchWriter(this.#world.dynamodb, this.#world.table('TargetGroups'));
    await writer.put({ type: 'project', tenant: this.tenant });
    for (const targetGroupId of this.ids.slice(0, count)) {
      await writer.put({
        type: 'target_group',
        group: resumableGroup(this.tenant, targetGroupId, Date.now()),
      });
    }
    await writer.flush();
  }
}

/**
 * Makes an id of random characters only: such ids compress worst, so that stored jobs have their largest
 * size.
 */
function randomId(): string {
  return Array.from({ length: ID_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
}

/** Cuts ids into `count` lists of the same length. */
export function lists(ids: readonly string[], count: number, length: number): string[][] {
  return Array.from({ length: count }, (_, i) => ids.slice(i * length, (i + 1) * length));
}
