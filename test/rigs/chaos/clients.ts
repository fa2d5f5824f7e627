/** Clients of a chaos run: each creates one job, some of them at several doors at once, and polls until it has ended. */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { JobBody } from '../../../api/answers.ts';
import type { CreationKey } from '../../../src/domain/digest.ts';
import type { JobStatus } from '../../../src/domain/job.ts';
import type { Outcome } from '../../../src/domain/outcome.ts';
import type { Auditor, Shown } from '../auditor/auditor.ts';
import { OutsideDescriptionError } from '../conformance/watch.ts';
import { Client, locationOf } from '../../support/client.ts';

export interface ChaosClient {
  readonly url: string;
  readonly auditor: Auditor;
  readonly key: CreationKey;
  readonly ids: readonly string[];
  /** How many ask at once. */
  readonly repeats: number;
  /** From 0 to 1. */
  readonly random: () => number;
  /** Between two polls, ms. A poll that is killed costs a start of the function, which the workers need the CPU for. */
  readonly pollMs: number;
}

/** A connection may break; an answer that is outside of the API's description explains nothing away. */
function noAnswer(error: unknown): undefined {
  if (error instanceof OutsideDescriptionError) throw error;
  return undefined;
}

/**
 * Asks until a 201 comes, then polls until the job has ended, and once more: what is shown must stay.
 * @throws Error for an answer that no fault explains
 */
export async function runJob(options: ChaosClient): Promise<JobStatus> {
  const { auditor, key, ids, random, pollMs } = options;
  const subject = randomUUID();
  const client = await Client.of(options.url, { subject });
  const asked = auditor.asks(key, subject, ids);

  const ask = async (): Promise<string> => {
    for (;;) {
      const answer = await client
        .create(key, ids, { 'idempotency-key': key.idempotencyKey }, key.action)
        .catch(noAnswer);
      if (answer?.status === 201) {
        const location = locationOf(answer);
        await auditor.accepted(asked, ids, location.split('/').at(-1) ?? '');
        return location;
      }
      if (answer !== undefined && answer.status < 500) {
        throw new Error(`create: ${answer.status} ${answer.text}`);
      }
      await pause(500 * random());
    }
  };
  const [location = ''] = await Promise.all(Array.from({ length: options.repeats }, ask));
  const jobId = location.split('/').at(-1) ?? '';

  for (let ended = 0; ;) {
    const endedBefore = auditor.hasEnded(jobId);
    const answer = await client.get(location).catch(noAnswer);
    if (answer !== undefined && answer.status < 500 && answer.status !== 200) {
      throw new Error(`status: ${answer.status} ${answer.text}`);
    }
    if (answer?.status === 200) {
      const shown = shownBy(JSON.parse(answer.text) as JobBody);
      await auditor.shown(jobId, shown, endedBefore);
      if (shown.status !== 'Processing') ended += 1;
      if (ended === 2) return shown.status;
    }
    await pause(pollMs * (0.5 + random()));
  }
}

function shownBy({ status, updated_target_groups, failed_target_groups }: JobBody): Shown {
  const updated = updated_target_groups.data.map(({ target_group_id }): Outcome => ({
    targetGroupId: target_group_id,
  }));
  const failed = failed_target_groups.data.map(({ target_group_id, failure_reason }): Outcome => ({
    targetGroupId: target_group_id,
    failure: failure_reason,
  }));
  const outcomes = [...updated, ...failed].sort((a, b) => (a.targetGroupId < b.targetGroupId ? -1 : 1));
  return { status, outcomes };
}
