/** Runs the use cases on the memory adapters, with a clock that tests move and a journal that tests read. */
import { MemoryBacklog } from './memory/backlog.ts';
import { MemoryJobStore } from './memory/memory-job-store.ts';
import { MemoryOnce } from './memory/once.ts';
import { MemoryTargetGroups } from './memory/target-groups.ts';
import { MemoryWorkQueue } from './memory/work-queue.ts';
import { Admission } from '../../src/application/admission.ts';
import { type Creation, createJob } from '../../src/application/create-job.ts';
import { getJob } from '../../src/application/get-job.ts';
import { reconcile } from '../../src/application/reconcile.ts';
import { giveUpChunk, runChunk } from '../../src/application/run-chunk.ts';
import { canonicalizeIds } from '../../src/domain/job.ts';
import type { TargetGroup } from '../../src/domain/target-group.ts';
import type { Entry, Subject } from '../../src/ports/journal.ts';
import type { ChunkWork, GiveUpWork } from '../../src/ports/work-queue.ts';
import { CREATOR, NOW, TENANT, TRACE, aTargetGroup, anId } from './builders.ts';

export class UseCaseRig {
  /** Implements all three ports of the jobs table. */
  readonly jobs = new MemoryJobStore();
  readonly chunks = this.jobs;
  readonly openJobs = this.jobs;
  readonly groups = new MemoryTargetGroups();
  readonly queue = new MemoryWorkQueue<ChunkWork>();
  readonly giveUps = new MemoryWorkQueue<GiveUpWork>();
  readonly once = new MemoryOnce();
  readonly backlog = new MemoryBacklog();
  /** Draws 0 until a test changes it: every job is counted. */
  random = () => 0;
  readonly stoppedAt = new Map<number, number>();
  readonly entries: Entry[] = [];
  readonly subjects = new Map<Entry, Subject | undefined>();
  readonly journal = {
    note: (entry: Entry, subject?: Subject) => {
      this.entries.push(entry);
      this.subjects.set(entry, subject);
    },
  };
  readonly clock = {
    now: () => this.time,
    pause: (ms: number) => {
      this.time += ms;
      return Promise.resolve();
    },
  };
  /** The time of the clock, in epoch milliseconds. */
  time = NOW;
  readonly settings = {
    chunkSize: 2,
    retentionSeconds: 86_400,
    stalledSeconds: 600,
    deadlineSeconds: 3_600,
    stalledMs: 600_000,
    deadlineMs: 3_600_000,
    parallelism: 4,
    claimMs: 330_000,
    workers: 10,
    maxOpenJobsPerAccount: 1_000,
    maxOpenTargetGroupsPerAccount: 1_000_000,
    maxOpenTargetGroups: 10_000_000,
    workRate: 2_500,
    looksAtOnce: 2,
    settlesAtOnce: 2,
  };

  readonly admission = new Admission({
    openJobs: this.openJobs,
    backlog: this.backlog,
    clock: this.clock,
    journal: this.journal,
    random: () => this.random(),
    settings: this.settings,
  });

  constructor() {
    this.groups.addProject(TENANT);
  }

  /** Adds target groups, and returns their ids. */
  addTargetGroups(...overrides: Partial<TargetGroup>[]): string[] {
    return overrides.map((each) => {
      const group = aTargetGroup(each);
      this.groups.put(group);
      return group.targetGroupId;
    });
  }

  create(targetGroupIds: readonly string[], idempotencyKey = anId('K'), overrides: Partial<Creation> = {}) {
    const key = { ...TENANT, action: 'resume', idempotencyKey } as const;
    return createJob(this, {
      key,
      targetGroupIds,
      createdBy: CREATOR,
      trace: TRACE,
      owner: anId('O'),
      answerBy: Infinity,
      ...overrides,
    });
  }

  run(work: ChunkWork, owner = anId('O'), stopAt = Infinity) {
    return runChunk(this, { work, owner, stopAt });
  }

  giveUp(work: GiveUpWork, owner = anId('O'), stopAt = Infinity) {
    return giveUpChunk(this, { work, owner, stopAt });
  }

  /** Works on every chunk in the queues. */
  async drain(): Promise<void> {
    for (const work of this.queue.sent.splice(0)) await this.run(work);
    for (const work of this.giveUps.sent.splice(0)) await this.giveUp(work);
  }

  reconcile(stopAt = Infinity) {
    return reconcile(this, { owner: anId('O'), stopAt });
  }

  readJob(jobId: string) {
    return getJob(this, TENANT, 'resume', jobId);
  }

  async readGroup(targetGroupId: string): Promise<TargetGroup> {
    const group = await this.groups.find({ ...TENANT, targetGroupId });
    if (group === undefined) throw new Error(`no target group ${targetGroupId}`);
    return group;
  }

  /** Changes a target group as a user would. */
  async change(targetGroupId: string, overrides: Partial<TargetGroup>): Promise<void> {
    const group = await this.readGroup(targetGroupId);
    this.groups.put({ ...group, version: group.version + 1, ...overrides });
  }

  listRaces(): string[] {
    return this.entries.flatMap((entry) => (entry.event === 'race.lost' ? [entry.race] : []));
  }

  /** From now on a refused move brings no target group, as on dynalite. */
  withholdFound(): void {
    const move = this.groups.move.bind(this.groups);
    this.groups.move = async (key, asked) => ({ moved: (await move(key, asked)).moved });
  }

  /** Returns the subject of the last entry of this event. */
  findSubject(event: Entry['event']): Subject | undefined {
    const entry = this.entries.findLast((each) => each.event === event);
    return entry && this.subjects.get(entry);
  }

  listEvents(): string[] {
    return this.entries.map(({ event }) => event);
  }
}

/** Returns the first chunk in the queue, which stays there. */
export function readFirstChunk(rig: UseCaseRig): ChunkWork {
  const work = rig.queue.sent[0];
  if (work === undefined) throw new Error('the queue is empty');
  return work;
}

export const sortIds = canonicalizeIds;
