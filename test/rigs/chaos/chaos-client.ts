/** Runs a client of the chaos run: it creates a job by concurrent requests, and polls until it has ended. */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { JobBody } from '../../../api/answers.ts';
import type { CreationKey } from '../../../src/domain/digest.ts';
import type { Outcome } from '../../../src/domain/outcome.ts';
import type { Auditor, ClientView } from '../auditor/auditor.ts';
import { OutsideDescriptionError } from '../conformance/check-exchange.ts';
import { Client, readLocation } from '../../support/api-client.ts';

export interface ChaosClientOptions {
  readonly url: string;
  readonly auditor: Auditor;
  readonly key: CreationKey;
  readonly ids: readonly string[];
  /** Number of concurrent create requests. */
  readonly repeats: number;
  /** Draws a number of at least 0 and less than 1. */
  readonly random: () => number;
  /** Mean time between two polls, ms. A killed poll restarts its function, which costs the workers CPU. */
  readonly pollMs: number;
}

/** Ignores a broken connection, but throws for an answer that contradicts docs/openapi.yaml. */
function ignoreBrokenConnection(error: unknown): undefined {
  if (error instanceof OutsideDescriptionError) throw error;
  return undefined;
}

/**
 * Repeats the create request until a 201, polls until the job has ended, and once more: it must not change.
 *
 * @returns the job as it has ended
 * @throws Error for an answer that no fault explains
 */
export async function runJob(options: ChaosClientOptions): Promise<ClientView> {
  const { auditor, key, ids, random, pollMs } = options;
  const subject = randomUUID();
  const client = await Client.signIn(options.url, { subject });
  const asked = auditor.addRequest(key, subject, ids);

  const requestUntilCreated = async (): Promise<string> => {
    for (;;) {
      const answer = await client
        .create(key, ids, { 'idempotency-key': key.idempotencyKey }, key.action)
        .catch(ignoreBrokenConnection);
      if (answer?.status === 201) {
        const location = readLocation(answer);
        await auditor.checkAccepted(asked, ids, location.split('/').at(-1) ?? '');
        return location;
      }
      if (answer !== undefined && answer.status < 500) {
        throw new Error(`create: ${answer.status} ${answer.text}`);
      }
      await pause(500 * random());
    }
  };
  const [location = ''] = await Promise.all(Array.from({ length: options.repeats }, requestUntilCreated));
  const jobId = location.split('/').at(-1) ?? '';

  for (let ended = 0; ;) {
    const endedBefore = auditor.hasEnded(jobId);
    const answer = await client.get(location).catch(ignoreBrokenConnection);
    if (answer !== undefined && answer.status < 500 && answer.status !== 200) {
      throw new Error(`status: ${answer.status} ${answer.text}`);
    }
    if (answer?.status === 200) {
      const shown = makeClientView(JSON.parse(answer.text) as JobBody);
      await auditor.checkShown(jobId, shown, endedBefore);
      if (shown.status !== 'Processing') ended += 1;
      if (ended === 2) return shown;
    }
    await pause(pollMs * (0.5 + random()));
  }
}

function makeClientView({ status, updated_target_groups, failed_target_groups }: JobBody): ClientView {
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
