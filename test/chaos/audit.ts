/** What must hold of a job that has ended, seen from outside, when each target group is named by one job only. */
import type { TargetGroup } from '../../src/domain/target-group.ts';
import type { JobBody } from '../support/client.ts';

/** A target group as it was before the job, and how often a user has paused it since. */
export interface Before {
  readonly group: TargetGroup;
  pauses: number;
}

/** @returns a sentence for each promise that is broken */
export function audit(
  job: JobBody,
  asked: readonly string[],
  before: ReadonlyMap<string, Before>,
  after: ReadonlyMap<string, TargetGroup>,
): string[] {
  const broken: string[] = [];
  const require = (holds: boolean, sentence: string) => {
    if (!holds) broken.push(`job ${job.job_id}: ${sentence}`);
  };
  const updated = job.updated_target_groups.data.map(({ target_group_id }) => target_group_id);
  const failed = job.failed_target_groups.data.map(({ target_group_id }) => target_group_id);
  const shown = [...updated, ...failed].sort();
  require(job.status === 'Completed', `it is ${job.status}`);
  require(shown.join() ===
    [...asked].sort().join(), `it shows ${shown.length} outcomes for ${asked.length} ids`);

  const movesOf = (id: string): number => {
    const was = before.get(id);
    const is = after.get(id);
    return was === undefined || is === undefined ? 0 : is.version - was.group.version - was.pauses;
  };
  for (const id of updated) {
    const was = before.get(id)?.group.status;
    require(was === 'paused' || was === 'live', `${id} is updated and was ${was ?? 'not there'}`);
    require(movesOf(id) ===
      (was === 'paused' ? 1 : 0), `${id} is updated, was ${was ?? ''}, moved ${movesOf(id)} times`);
  }
  for (const id of failed) require(movesOf(id) === 0, `${id} is refused and was moved ${movesOf(id)} times`);
  return broken;
}
