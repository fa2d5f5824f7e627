/** The use cases on the memory adapters, which the simulator runs; a planted bug replaces one of them. */
import type { JobStore } from '../../support/jobs-table-ports.ts';
import { MemoryBacklog } from '../../support/memory/backlog.ts';
import { MemoryJobStore } from '../../support/memory/memory-job-store.ts';
import { MemoryOnce } from '../../support/memory/once.ts';
import { MemoryTargetGroups } from '../../support/memory/target-groups.ts';
import { getMessageGroup } from '../../../src/adapters/sqs/work-queue.ts';
import { Admission, type AdmissionDeps } from '../../../src/application/admission.ts';
import { createJob } from '../../../src/application/create-job.ts';
import { getJob } from '../../../src/application/get-job.ts';
import { reconcile } from '../../../src/application/reconcile.ts';
import { giveUpChunk, runChunk } from '../../../src/application/run-chunk.ts';
import type { JobKey } from '../../../src/domain/job.ts';
import type { Backlog } from '../../../src/ports/backlog.ts';
import type { OpenJob } from '../../../src/ports/open-jobs.ts';
import type { TargetGroup } from '../../../src/domain/target-group.ts';
import type { TargetGroups } from '../../../src/ports/target-groups.ts';
import { makeGroupName } from '../auditor/history.ts';
import { LaggingIndex } from './lagging-index.ts';
import { RECONCILE_CLAIM_MS, WORKER_CLAIM_MS } from './simulated-times.ts';

export interface UseCases {
  readonly createJob: typeof createJob;
  readonly runChunk: typeof runChunk;
  readonly giveUpChunk: typeof giveUpChunk;
  readonly reconcile: typeof reconcile;
  readonly getJob: typeof getJob;
  readonly store: JobStore;
  readonly index: LaggingIndex;
  /** Lists the jobs that are open now. */
  readonly listOpenJobs: () => OpenJob[];
  /** Whether the request of a job is stored, whatever its ids. */
  readonly hasRequest: (job: JobKey) => boolean;
  readonly groups: TargetGroups;
  /** The same target groups, for users and the auditor. */
  readonly targetGroupRecords: RecordedTargetGroups;
  readonly once: MemoryOnce;
  readonly backlog: Backlog;
  /** Makes the admission of an instance of create-job. */
  readonly makeAdmission: (deps: AdmissionDeps) => Pick<Admission, 'decide' | 'count'>;
  readonly getMessageGroup: typeof getMessageGroup;
  readonly workerClaimMs: number;
  readonly reconcileClaimMs: number;
  /** Whether a worker's answer acknowledges a message. */
  readonly mayAcknowledge: (failed: boolean) => boolean;
}

/** Target groups that report every write. */
class RecordedTargetGroups extends MemoryTargetGroups {
  readonly #byName = new Map<string, TargetGroup>();
  onWrite: (before: TargetGroup | undefined, after: TargetGroup) => void = () => undefined;

  get all(): TargetGroup[] {
    return [...this.#byName.values()];
  }

  override put(group: TargetGroup): void {
    const name = makeGroupName(group);
    const before = this.#byName.get(name);
    this.#byName.set(name, group);
    super.put(group);
    this.onWrite(before, group);
  }
}

/** @returns the use cases as they are deployed, on empty stores */
export function shippedUseCases(): UseCases {
  const targetGroupRecords = new RecordedTargetGroups();
  const index = new LaggingIndex();
  const jobStore = new MemoryJobStore(index);
  return {
    createJob,
    runChunk,
    giveUpChunk,
    reconcile,
    getJob,
    store: { jobs: jobStore, chunks: jobStore, openJobs: jobStore },
    index,
    listOpenJobs: () => jobStore.listOpenJobs(),
    hasRequest: (job) => jobStore.hasRequest(job),
    groups: targetGroupRecords,
    targetGroupRecords,
    once: new MemoryOnce(),
    backlog: new MemoryBacklog(),
    makeAdmission: (deps) => new Admission(deps),
    getMessageGroup,
    workerClaimMs: WORKER_CLAIM_MS,
    reconcileClaimMs: RECONCILE_CLAIM_MS,
    mayAcknowledge: (failed) => !failed,
  };
}
