/** Finds a project and target groups in the data that an example request can name. */
import type { Tenant } from '../../../src/domain/ids.ts';
import type { DataRecord } from '../../import/records.ts';

const SAMPLE_SIZE = 3;

/** Only the first projects of a file are remembered: a file may contain any number of them. */
const MOST_TENANTS = 1_000;

export interface Sample {
  readonly tenant: Tenant;
  readonly targetGroupIds: readonly string[];
}

interface Candidates {
  readonly paused: string[];
  readonly others: string[];
}

export class SampleFinder {
  #tenant: Tenant | undefined;
  readonly #byTenant = new Map<string, Candidates>();

  add(record: DataRecord): void {
    if (record.type === 'project') {
      this.#tenant ??= record.tenant;
      return;
    }
    const { group } = record;
    const found = this.#byTenant.get(makeKey(group)) ?? { paused: [], others: [] };
    const list = group.status === 'paused' ? found.paused : found.others;
    if (list.length < SAMPLE_SIZE) list.push(group.targetGroupId);
    if (this.#byTenant.size < MOST_TENANTS) this.#byTenant.set(makeKey(group), found);
  }

  /**
   * The first project with its first paused target groups, else its first ones; undefined when it has none.
   */
  get sample(): Sample | undefined {
    if (this.#tenant === undefined) return undefined;
    const found = this.#byTenant.get(makeKey(this.#tenant));
    if (found === undefined) return undefined;
    return { tenant: this.#tenant, targetGroupIds: found.paused.length > 0 ? found.paused : found.others };
  }
}

function makeKey({ accountId, projectId }: Tenant): string {
  return `${accountId}#${projectId}`;
}
