/**
 * Checks a simulated or a running system against its promises. The auditor knows only what an outsider can
 * see: requests and answers, jobs as `getJob` shows them, messages that are sent and deleted, the index of
 * open jobs, and the history of every target group.
 */
import { type Action, getTransition } from '../../../src/domain/actions.ts';
import type { CreationKey } from '../../../src/domain/digest.ts';
import { hashIds } from '../../../src/domain/digest.ts';
import { JobNotFoundError } from '../../../src/domain/errors.ts';
import {
  type ChunkKey,
  type FailureGroup,
  type Job,
  type JobStatus,
  canonicalizeIds,
  countChunks,
  deriveStatus,
  listUnsettledChunks,
  selectChunkIds,
} from '../../../src/domain/job.ts';
import { NOT_READ, type Outcome } from '../../../src/domain/outcome.ts';
import type { TargetGroup, TargetGroupKey } from '../../../src/domain/target-group.ts';
import { MOST_RESENDS } from '../../../src/domain/look.ts';
import { formatTimestamp } from '../../../src/domain/time.ts';
import type { Entry } from '../../../src/ports/journal.ts';
import type { OpenJob } from '../../../src/ports/open-jobs.ts';
import type { ChunkWork, GiveUpWork } from '../../../src/ports/work-queue.ts';
import { Fairness, type ObservedFairness } from './fairness.ts';
import { History, makeGroupName } from './history.ts';
import { type LimitKind, type ObservedLimits, OpenWork } from './open-work.ts';

/** The system under audit. */
export interface ObservedSystem {
  /** The true time, epoch ms. */
  readonly now: () => number;
  /** Reads the job of this key as a client would see it now. @throws JobNotFoundError */
  readonly getJob: (key: CreationKey, jobId: string) => Promise<JobView>;
  /** Lists the open jobs. */
  readonly listOpenJobs: () => Promise<readonly OpenJob[]>;
  /** The largest error of a function's clock, ms. */
  readonly maxSkewMs: number;
  /** The largest error of a clock in this schedule, ms: at most `maxSkewMs`. */
  readonly skewMs: number;
  /** Whether all faults end long before any job's deadline. */
  readonly faultsAreBrief: boolean;
  /**
   * Whether a frozen function outlives its timeout, which Lambda rules out. Its last write may then arrive
   * after its claim has ended; all other promises still hold.
   */
  readonly zombies: boolean;
  /**
   * When a target group that cannot be read is given up: after so many failed reads by one function,
   * or at so much after the creation of its job, ms. Undefined in a rig that reports no reads.
   */
  readonly giveUp?: { readonly failedReads: number; readonly afterMs: number };
  /** An account whose jobs are sent again within so much of the time at which they are due, ms. */
  readonly quiet?: { readonly accountId: number; readonly lookWithinMs: number } | undefined;
  /** When a full queue explains that a job waits, in a rig where nothing else does. */
  readonly fullQueue?: { readonly messages: number; readonly stalledMs: number } | undefined;
  /** The least number of chunks that must be settled per minute. */
  readonly leastSettleRate?: number | undefined;
  /** Whether no function and no call fails, so that each job is reported from its creation to its end. */
  readonly nothingFails?: boolean;
  /** The limits of open work, in a rig that has some. */
  readonly limits?: ObservedLimits | undefined;
  /** How long jobs of quiet accounts take, in a rig where only other jobs can hold them up. */
  readonly fairness?: ObservedFairness | undefined;
  /** Lists what is stored or sent for a key: its job, the job's request, a record of the key, messages. */
  readonly listTraces?: (key: CreationKey) => Promise<readonly string[]>;
  /** Called at every violation. */
  readonly onViolation?: () => void;
}

export interface Violation {
  readonly rule: string;
  readonly detail: string;
  /** Epoch ms. */
  readonly at: number;
}

/** The create requests of one key, which must become one job. */
export interface RequestedJob {
  readonly key: CreationKey;
  /** The creator of this key alone, so that a target group's `lastChangedBy` tells which job moved it. */
  readonly createdBy: string;
  /** When the first of them was sent, epoch ms. */
  readonly since: number;
  /** Canonical ids by their hash. */
  readonly bodies: Map<string, readonly string[]>;
  readonly jobIds: Set<string>;
  /** Number of requests that were sent and not refused because of a limit, by the hash of the body. */
  readonly unrefused: Map<string, number>;
  /** The hash of the body that received a 201. */
  accepted?: string;
}

export interface JobView {
  readonly job: Job;
  readonly outcomes: readonly Outcome[];
}

/** What a client sees of a job. */
export interface ClientView {
  readonly status: JobStatus;
  /** Sorted by id. */
  readonly outcomes: readonly Outcome[];
}

interface AuditedJob {
  readonly asked: RequestedJob;
  settled: number;
  /** The first answer that showed the job as ended. */
  ended?: { readonly text: string; readonly view: JobView; readonly at: number };
}

export class Auditor {
  readonly violations: Violation[] = [];
  readonly #system: ObservedSystem;
  readonly #requestedJobs: RequestedJob[] = [];
  readonly #jobs = new Map<string, AuditedJob>();
  readonly #history = new History();
  /** Number of failed reads by function and target group. */
  readonly #failedReads = new Map<string, number>();
  /** When chunks were seen as settled, and how many. */
  readonly #settled: { readonly at: number; readonly count: number }[] = [];
  /** The invocations that sent each chunk. */
  readonly #senders = new Map<string, Set<string>>();
  /** When each job of the quiet account was first due. */
  readonly #firstDues = new Map<string, string>();
  /** Messages in the queue of chunks when each run of reconcile began. */
  readonly #waiting = new Map<string, number>();
  /** Number of give-ups of each chunk that were sent and not deleted. */
  readonly #giveUps = new Map<string, number>();
  /** Moves that were written and not yet checked. */
  readonly #moves: { readonly asked: RequestedJob; readonly group: TargetGroup }[] = [];
  /** Moves that were sent and not yet checked, with the time. */
  readonly #sentMoves: { readonly asked: RequestedJob; readonly name: string; readonly at: number }[] = [];
  /** What the journal has noted of jobs and chunks. */
  readonly #reported = new Set<string>();
  readonly #openWork: OpenWork | undefined;
  readonly #fairness: Fairness | undefined;

  constructor(system: ObservedSystem) {
    this.#system = system;
    this.#openWork = system.limits && new OpenWork(system.limits);
    this.#fairness = system.fairness && new Fairness(system.fairness);
  }

  /** Records a create request that a client is about to send. */
  addRequest(key: CreationKey, createdBy: string, ids: readonly string[]): RequestedJob {
    let asked = this.#requestedJobs.find((each) => each.createdBy === createdBy);
    if (asked === undefined) {
      const since = this.#system.now();
      asked = { key, createdBy, since, bodies: new Map(), jobIds: new Set(), unrefused: new Map() };
      this.#requestedJobs.push(asked);
      this.#fairness?.begin(createdBy, key.accountId, since);
    }
    const canonical = canonicalizeIds(ids);
    const hash = hashIds(canonical);
    asked.bodies.set(hash, canonical);
    asked.unrefused.set(hash, (asked.unrefused.get(hash) ?? 0) + 1);
    return asked;
  }

  /** Checks a 201: its key has one job and one accepted body, and the job exists with that body. */
  async checkAccepted(asked: RequestedJob, ids: readonly string[], jobId: string): Promise<void> {
    const hash = hashIds(canonicalizeIds(ids));
    this.#require(
      asked.accepted === undefined || asked.accepted === hash,
      'two-bodies-accepted',
      `key ${asked.key.idempotencyKey}`,
    );
    asked.accepted = hash;
    this.#assignJob(asked, jobId);
    const view = await this.#readAndCheck(jobId);
    this.#require(view !== undefined, 'accepted-job-missing', jobId);
    this.#require(view?.job.bodyHash === hash, 'accepted-other-body', jobId);
  }

  /** Checks a refusal of a reused key: another body was sent under it, and did not meet a limit each time. */
  checkRefused(asked: RequestedJob, ids: readonly string[]): void {
    const hash = hashIds(canonicalizeIds(ids));
    const others = [...asked.unrefused].filter(([other, count]) => other !== hash && count > 0);
    this.#require(others.length > 0, 'turned-away-wrongly', `key ${asked.key.idempotencyKey}`);
  }

  /**
   * Checks a refusal because of a limit: the key had no 201 before, there was that much open work, and if
   * every request of the key was refused, nothing is left of them.
   *
   * @param acceptedBefore whether a request of the key had a 201 when this one was sent
   */
  async checkOverLimit(
    asked: RequestedJob,
    ids: readonly string[],
    kind: LimitKind,
    acceptedBefore: boolean,
  ): Promise<void> {
    const { key, unrefused } = asked;
    const canonical = canonicalizeIds(ids);
    const hash = hashIds(canonical);
    const detail = `key ${key.idempotencyKey} of ${key.accountId}, by the limit of the ${kind}`;
    this.#require(!acceptedBefore, 'repeat-refused', detail);
    this.#require(
      this.#openWork?.mayRefuse(kind, key.accountId, canonical.length, this.#system.now()) !== false,
      'refused-within-limits',
      detail,
    );
    unrefused.set(hash, (unrefused.get(hash) ?? 0) - 1);
    if ([...unrefused.values()].some((count) => count > 0)) return;
    const traces = (await this.#system.listTraces?.(key)) ?? [];
    this.#require(traces.length === 0, 'refusal-left-something', `${detail}: ${traces.join(', ')}`);
  }

  /**
   * Checks that jobs were accepted within the limits, and that those that have ended do not count for long.
   * To be called after every effect on the open jobs.
   */
  async checkOpenWork(): Promise<void> {
    if (this.#openWork === undefined) return;
    const open = await this.#system.listOpenJobs();
    const now = this.#system.now();
    const wrong = this.#openWork.update(open, now);
    for (const detail of wrong) this.#addViolation('accepted-beyond-limit', detail);
    const leftAfterMs = this.#system.limits?.leftAfterMs ?? Infinity;
    for (const { jobId } of open) {
      const endedAt = this.#jobs.get(jobId)?.ended?.at ?? now;
      this.#require(now - endedAt <= leftAfterMs, 'ended-job-still-open', jobId);
    }
  }

  /** Checks that a function reports nothing twice from which metrics are counted. */
  addEntry(entry: Entry): void {
    if (!isReportedOnce(entry)) return;
    const name = `${entry.event} of ${entry.jobId}${'chunk' in entry ? ` chunk ${entry.chunk}` : ''}`;
    this.#require(!this.#reported.has(name), 'reported-twice', name);
    this.#reported.add(name);
  }

  /** Checks that a message is for the only job of its key. */
  checkSent({ chunk, job }: ChunkWork): void {
    const asked = this.#requestedJobs.find((each) => each.createdBy === job.createdBy);
    if (asked !== undefined) this.#assignJob(asked, chunk.jobId);
  }

  /**
   * Checks that no chunk is sent again more than twice. A sender without an answer cannot know that its
   * message has arrived, so it may send it once more.
   *
   * @param by names the invocation that has sent it and knows that it has arrived
   */
  addSend({ chunk }: ChunkWork, by: string): void {
    const senders = this.#senders.get(makeChunkName(chunk)) ?? new Set();
    this.#senders.set(makeChunkName(chunk), senders.add(by));
    // One of them is the creation; others that run at the same time send nothing.
    this.#require(senders.size <= 1 + MOST_RESENDS, 'sent-too-often', makeChunkName(chunk));
  }

  /** Records how many messages the queue of chunks holds when a run of reconcile begins. */
  addRun(by: string, waiting: number): void {
    this.#waiting.set(by, waiting);
  }

  /**
   * Checks that reconcile sends nothing again while older jobs of the same account fill the queue, unless the
   * deadline is near. To be called when it does.
   */
  async checkSentAgain({ chunk }: ChunkWork, by: string): Promise<void> {
    const { fullQueue, now, skewMs } = this.#system;
    // Some messages may be carried out until the run counts them.
    if (fullQueue === undefined || (this.#waiting.get(by) ?? 0) <= fullQueue.messages + 30) return;
    const job = (await this.#readAndCheck(chunk.jobId))?.job;
    if (job === undefined) return;
    if (now() + skewMs >= Date.parse(job.deadlineAt ?? '') - fullQueue.stalledMs) return;
    const older = (await this.#system.listOpenJobs()).filter(
      ({ accountId, createdAt }) => accountId === job.accountId && createdAt < job.createdAt,
    );
    const chunks = older.reduce((sum, { total = 0 }) => sum + total, 0) / job.chunkSize;
    this.#require(
      chunks <= fullQueue.messages,
      'sent-into-full-queue',
      `${makeChunkName(chunk)}, behind ${chunks} chunks`,
    );
  }

  /**
   * Checks that a chunk is given up only after the deadline of its job.
   *
   * @param again whether a worker sends it again, because it has found the chunk claimed
   */
  async checkGiveUpSent(work: GiveUpWork, again: boolean): Promise<void> {
    const { chunk } = work;
    this.checkSent(work);
    const name = makeChunkName(chunk);
    this.#giveUps.set(name, (this.#giveUps.get(name) ?? 0) + 1);
    if (again) return;
    // Both the deadline and this time were read from clocks.
    const latest = this.#system.now() + 2 * this.#system.maxSkewMs;
    const deadlineAt = (await this.#readAndCheck(chunk.jobId))?.job.deadlineAt ?? '';
    this.#require(latest >= Date.parse(deadlineAt), 'given-up-before-deadline', name);
  }

  /** Checks that the chunk of a deleted give-up is settled, or that the give-up was sent again. */
  async checkGiveUpAcknowledged({ chunk }: GiveUpWork): Promise<void> {
    const view = await this.#readAndCheck(chunk.jobId);
    const name = makeChunkName(chunk);
    const left = (this.#giveUps.get(name) ?? 0) - 1;
    this.#giveUps.set(name, left);
    this.#require(
      left > 0 || view?.job.settled.has(chunk.index) === true,
      'acknowledged-unsettled',
      `give-up of ${name}`,
    );
  }

  /** Checks that the chunk of a deleted message is settled. */
  async checkAcknowledged({ chunk }: ChunkWork): Promise<void> {
    const view = await this.#readAndCheck(chunk.jobId);
    this.#require(
      view?.job.settled.has(chunk.index) === true,
      'acknowledged-unsettled',
      `${chunk.jobId} chunk ${chunk.index}`,
    );
  }

  /** @returns whether an earlier answer showed the job as ended: every later answer must then equal it */
  hasEnded(jobId: string): boolean {
    return this.#jobs.get(jobId)?.ended !== undefined;
  }

  /**
   * Checks a job that a client received.
   * @param endedBefore the result of `hasEnded` when the client sent its request
   */
  async checkShown(jobId: string, shown: ClientView, endedBefore: boolean): Promise<void> {
    const seen = this.#jobs.get(jobId);
    if (seen === undefined) return;
    if (shown.status === 'Processing') {
      this.#require(!endedBefore, 'terminal-job-changed', `${jobId} is Processing again`);
      this.#require(shown.outcomes.length === 0, 'outcomes-while-processing', jobId);
      return;
    }
    if (seen.ended === undefined) await this.#readAndCheck(jobId);
    this.#requireUnchanged(jobId, seen, shown);
  }

  /**
   * Checks jobs, and all new moves. To be called after every effect on the system, or as often as possible.
   * @param jobIds the jobs that the effect concerned
   */
  async check(...jobIds: readonly string[]): Promise<void> {
    for (const jobId of jobIds) await this.#readAndCheck(jobId);
    const views = new Map<string, JobView | undefined>();
    for (const move of this.#moves.splice(0)) await this.#checkMove(move, views);
    for (const move of this.#sentMoves.splice(0)) await this.#checkSentMove(move, views);
  }

  /** Records that a function hands a move to the client of the store, now. */
  addSentMove(key: TargetGroupKey, by: string): void {
    const asked = this.#requestedJobs.find((each) => each.createdBy === by);
    if (asked === undefined) return;
    this.#sentMoves.push({ asked, name: makeGroupName(key), at: this.#system.now() });
  }

  /** Records that a function has tried in vain to read a target group. */
  addFailedRead(by: string, key: TargetGroupKey): void {
    const name = `${by} ${makeGroupName(key)}`;
    this.#failedReads.set(name, (this.#failedReads.get(name) ?? 0) + 1);
  }

  /**
   * Checks what a function is about to settle: it has given up only target groups that it could not read, and
   * none that it had too little time to read. To be called before the result is written.
   */
  async checkGivenUp(
    by: string,
    { jobId, index }: ChunkKey,
    failures: readonly FailureGroup[],
  ): Promise<void> {
    const { giveUp } = this.#system;
    const positions = failures.find(({ description }) => description === NOT_READ.description)?.positions;
    const asked = this.#jobs.get(jobId)?.asked;
    if (giveUp === undefined || positions === undefined || asked === undefined) return;
    const { job } = await this.#system.getJob(asked.key, jobId);
    // Both the creation of the job and this time were read from clocks.
    const latest = this.#system.now() + 2 * this.#system.maxSkewMs;
    if (latest >= Date.parse(job.createdAt) + giveUp.afterMs) return;
    const ids = selectChunkIds(asked.bodies.get(job.bodyHash) ?? [], index, job.chunkSize);
    for (const position of positions) {
      const name = makeGroupName({ ...asked.key, targetGroupId: ids[position] ?? '' });
      const failed = this.#failedReads.get(`${by} ${name}`) ?? 0;
      this.#require(
        failed >= giveUp.failedReads,
        'given-up-too-early',
        `${jobId} ${name}: ${failed} failed reads`,
      );
    }
  }

  /**
   * Checks that no job of the quiet account has been due for long, and that what is unsettled of it was sent
   * again soon after it was first due. To be called every minute.
   */
  async checkQuietJobs(): Promise<void> {
    const { quiet, now, maxSkewMs } = this.#system;
    if (quiet === undefined) return;
    const latest = now() - quiet.lookWithinMs - maxSkewMs;
    for (const { accountId, jobId, dueAt } of await this.#system.listOpenJobs()) {
      if (accountId !== quiet.accountId) continue;
      this.#require(Date.parse(dueAt) >= latest, 'quiet-job-waited', `${jobId}, due at ${dueAt}`);
      const firstDue = this.#firstDues.get(jobId) ?? dueAt;
      this.#firstDues.set(jobId, firstDue);
      if (Date.parse(firstDue) < latest) await this.#checkQuietJobSent(jobId);
    }
  }

  async #checkQuietJobSent(jobId: string): Promise<void> {
    const job = (await this.#readAndCheck(jobId))?.job;
    if (job === undefined) return;
    for (const index of listUnsettledChunks(job)) {
      const name = makeChunkName({ ...job, index });
      // The creation has sent it once.
      this.#require((this.#senders.get(name)?.size ?? 0) > 1, 'quiet-job-not-sent', name);
    }
  }

  /** Returns how many chunks were settled per minute, from the first to the last one. */
  measureSettleRate(): number {
    const first = this.#settled[0]?.at ?? 0;
    const last = this.#settled.at(-1)?.at ?? 0;
    const chunks = this.#settled.reduce((sum, { count }) => sum + count, 0);
    return chunks / ((last - first) / 60_000);
  }

  /** Returns how many jobs of quiet accounts were timed beside those of others. */
  countTimedJobs(): number {
    return this.#fairness?.compared ?? 0;
  }

  #countSettled(count: number): void {
    if (count > 0) this.#settled.push({ at: this.#system.now(), count });
  }

  /** Whether the index of open jobs is empty. */
  async haveAllEnded(): Promise<boolean> {
    return (await this.#system.listOpenJobs()).length === 0;
  }

  /** Returns when the next open job is due for reconcile, epoch ms; in the year 9999 if there is none. */
  async findNextDue(): Promise<number> {
    const dues = (await this.#system.listOpenJobs()).map(({ dueAt }) => dueAt);
    return Date.parse(dues.sort()[0] ?? '9999-01-01T00:00:00.000Z');
  }

  /** Checks that every job has ended and every accepted job exists. To be called at the end. */
  async checkEnd(): Promise<void> {
    for (const { jobId } of await this.#system.listOpenJobs()) this.#addViolation('never-ended', jobId);
    for (const [jobId, seen] of this.#jobs) {
      const view = await this.#readAndCheck(jobId);
      if (seen.asked.accepted !== undefined) {
        this.#require(view !== undefined, 'accepted-job-missing', jobId);
      }
      this.#require(view === undefined || seen.ended !== undefined, 'never-ended', jobId);
      if (this.#system.nothingFails === true && view !== undefined) this.#checkReported(view.job);
    }
    const { leastSettleRate } = this.#system;
    if (leastSettleRate !== undefined) {
      const rate = this.measureSettleRate();
      this.#require(
        rate >= leastSettleRate,
        'settled-too-slowly',
        `${Math.round(rate)} of ${Math.round(leastSettleRate)} chunks a minute`,
      );
    }
    const { fairness } = this.#system;
    if (fairness !== undefined) {
      const timed = this.countTimedJobs();
      this.#require(timed >= fairness.quietAccounts.size, 'quiet-jobs-not-timed', `${timed} were`);
    }
    await this.check();
  }

  /** Checks that the creation of a job, its end and the result of each chunk were reported. */
  #checkReported({ jobId, settled }: Job): void {
    const chunks = [...settled].map((index) => `chunk.settled of ${jobId} chunk ${index}`);
    for (const name of [`job.created of ${jobId}`, ...chunks, `job.finished of ${jobId}`]) {
      this.#require(this.#reported.has(name), 'not-reported', name);
    }
  }

  /** Reads a job as a client would see it now, and checks it against all earlier answers. */
  async #readAndCheck(jobId: string): Promise<JobView | undefined> {
    const seen = this.#jobs.get(jobId);
    if (seen === undefined) return undefined;
    // Kept from before the read: a slow read may return after a later one.
    const endedBefore = seen.ended !== undefined;
    const settledBefore = seen.settled;
    try {
      const view = await this.#system.getJob(seen.asked.key, jobId);
      this.#require(view.job.settled.size >= settledBefore, 'progress-shrank', jobId);
      this.#countSettled(view.job.settled.size - seen.settled);
      seen.settled = Math.max(seen.settled, view.job.settled.size);
      const shown = { status: deriveStatus(view.job), outcomes: view.outcomes };
      if (shown.status === 'Processing') await this.checkShown(jobId, shown, endedBefore);
      else if (seen.ended !== undefined) this.#requireUnchanged(jobId, seen, shown);
      else {
        seen.ended = { text: formatView(shown), view, at: this.#system.now() };
        this.#checkEnded(seen.asked, view);
      }
      return view;
    } catch (error) {
      if (!(error instanceof JobNotFoundError)) throw error;
      this.#require(!endedBefore, 'terminal-job-changed', `${jobId} is gone`);
      return undefined;
    }
  }

  /** Requires that an ended job looks as it did when it was first seen as ended. */
  #requireUnchanged(jobId: string, { ended }: AuditedJob, shown: ClientView): void {
    const text = formatView(shown);
    this.#require(
      ended?.text === text,
      'terminal-job-changed',
      `${jobId}: ${ended?.text ?? 'Processing'} became ${text}`,
    );
  }

  #assignJob(asked: RequestedJob, jobId: string): void {
    asked.jobIds.add(jobId);
    this.#require(
      asked.jobIds.size === 1,
      'two-jobs-for-one-key',
      `${[...asked.jobIds].join(' and ')} for ${asked.key.idempotencyKey}`,
    );
    if (!this.#jobs.has(jobId)) this.#jobs.set(jobId, { asked, settled: 0 });
  }

  #checkEnded(asked: RequestedJob, { job, outcomes }: JobView): void {
    const { jobId } = job;
    const ids = outcomes.map(({ targetGroupId }) => targetGroupId);
    const body = asked.bodies.get(job.bodyHash) ?? [];
    this.#require(ids.join() === body.join(), 'outcomes-incomplete', `${jobId}: ${ids.join()}`);
    const broken = outcomes.some(({ failure }) => failure?.code === 'InternalError');
    this.#require(broken === (deriveStatus(job) === 'Failed'), 'status-contradicts-outcomes', jobId);
    if (broken && this.#system.faultsAreBrief) {
      const { limits } = this.#system;
      const workable = limits === undefined || (this.#openWork?.most ?? 0) <= limits.workable;
      if (workable) {
        this.#addViolation('given-up-without-need', `${jobId}: the faults ended long before its deadline`);
      }
    }
    for (const outcome of outcomes) this.#checkOutcome(asked, job, outcome);
    const unfair = this.#fairness?.end(asked.createdBy, countChunks(job), this.#system.now());
    if (unfair !== undefined) this.#addViolation('quiet-job-held-up', `${jobId}: ${unfair}`);
  }

  #checkOutcome(asked: RequestedJob, job: Job, { targetGroupId, failure }: Outcome): void {
    const name = makeGroupName({ ...asked.key, targetGroupId });
    const moved = this.#history.countMoves(name, asked.createdBy) > 0;
    const now = this.#system.now();
    // The owner of the claim may have decided at any time since the first request.
    const everWas = (test: (group: TargetGroup | undefined) => boolean) =>
      this.#history.everWas(name, asked.since, now, test);
    const detail = `${job.jobId} ${name}: ${failure?.description ?? 'updated'}`;
    if (failure === undefined) {
      const { to } = getTransition(asked.key.action);
      this.#require(moved || everWas((group) => group?.status === to), 'updated-but-not-moved', detail);
      return;
    }
    // This one outcome leaves open whether the target group was moved.
    if (failure.description === NOT_READ.description) return;
    this.#require(!moved || this.#system.zombies, 'refused-but-moved', detail);
    const reason = failure.code;
    if (reason === 'TargetGroupNotFound') {
      this.#require(
        everWas((group) => group === undefined),
        'refused-without-reason',
        detail,
      );
    } else if (reason === 'StatusTransitionNotAllowed') {
      const latest = formatTimestamp(now + this.#system.maxSkewMs);
      this.#require(
        everWas((group) => group !== undefined && mayRefuse(asked.key.action, group, latest)),
        'refused-without-reason',
        detail,
      );
    }
  }

  /** Records a write of a target group, and checks a job's move. To be called in the order of the writes. */
  addWrite(before: TargetGroup | undefined, after: TargetGroup): void {
    this.#history.add(after, this.#system.now());
    // Only a change of status raises the version; other writes are no moves.
    if (before === undefined || after.version === before.version) return;
    const asked = this.#requestedJobs.find((each) => each.createdBy === after.lastChangedBy);
    if (asked === undefined) return;
    const name = makeGroupName(after);
    const times = this.#history.addMove(name, asked.createdBy);
    this.#require(times === 1, 'moved-twice', `${name} by ${asked.key.idempotencyKey}`);
    const legal =
      isLegal(asked.key.action, before, after) &&
      computeDuration(after) === computeDuration(before) &&
      after.version === before.version + 1;
    this.#require(
      legal,
      'moved-illegally',
      `${name} from ${before.status} to ${after.status}, ${before.endFieldingAt} to ${after.endFieldingAt}`,
    );
    this.#moves.push({ asked, group: after });
  }

  /** Checks a move: a job must name the target group, and must not have reported it as failed. */
  async #checkMove(
    { asked, group }: { asked: RequestedJob; group: TargetGroup },
    views: Map<string, JobView | undefined>,
  ): Promise<void> {
    const name = makeGroupName(group);
    let named = false;
    for (const jobId of asked.jobIds) {
      if (!views.has(jobId)) views.set(jobId, await this.#readAndCheck(jobId));
      const view = views.get(jobId);
      const ids = view && asked.bodies.get(view.job.bodyHash);
      named ||=
        ids?.includes(group.targetGroupId) === true &&
        makeGroupName({ ...asked.key, targetGroupId: group.targetGroupId }) === name;
      const outcome = this.#jobs
        .get(jobId)
        ?.ended?.view.outcomes.find(({ targetGroupId }) => targetGroupId === group.targetGroupId);
      if (outcome?.failure !== undefined && outcome.failure.description !== NOT_READ.description) {
        this.#require(this.#system.zombies, 'refused-but-moved', `${jobId} ${name}, after it had ended`);
      }
    }
    this.#require(named, 'moved-for-no-job', `${name} by ${asked.key.idempotencyKey}`);
    for (const jobId of asked.jobIds) {
      const deadlineAt = views.get(jobId)?.job.deadlineAt;
      this.#require(
        deadlineAt === undefined || group.lastChangedAt < deadlineAt,
        'moved-after-deadline',
        `${name} at ${group.lastChangedAt}, deadline ${deadlineAt ?? ''}`,
      );
    }
  }

  /** Checks that a move was sent before the deadline, whatever time its function has written into it. */
  async #checkSentMove(
    { asked, name, at }: { asked: RequestedJob; name: string; at: number },
    views: Map<string, JobView | undefined>,
  ): Promise<void> {
    for (const jobId of asked.jobIds) {
      if (!views.has(jobId)) views.set(jobId, await this.#readAndCheck(jobId));
      const deadlineAt = views.get(jobId)?.job.deadlineAt;
      this.#require(
        deadlineAt === undefined || at < Date.parse(deadlineAt) + this.#system.skewMs,
        'moved-after-deadline',
        `${name} sent at ${formatTimestamp(at)}, deadline ${deadlineAt ?? ''}`,
      );
    }
  }

  #require(holds: boolean, rule: string, detail: string): void {
    if (!holds) this.#addViolation(rule, detail);
  }

  #addViolation(rule: string, detail: string): void {
    this.violations.push({ rule, detail, at: this.#system.now() });
    this.#system.onViolation?.();
  }
}

type ReportedOnce = Extract<
  Entry,
  { event: 'job.created' | 'job.first-outcome' | 'job.finished' | 'chunk.settled' }
>;

/** Whether an entry is noted once at most, for a job or for a chunk: metrics are counted from it. */
function isReportedOnce(entry: Entry): entry is ReportedOnce {
  return ['job.created', 'job.first-outcome', 'job.finished', 'chunk.settled'].includes(entry.event);
}

function formatView({ status, outcomes }: ClientView): string {
  return `${status} ${JSON.stringify(outcomes)}`;
}

function isLegal(action: Action, before: TargetGroup, after: TargetGroup): boolean {
  const { from, to, effects } = getTransition(action);
  const expectedStart = effects.includes('starts-now') ? after.lastChangedAt : before.startFieldingAt;
  return from.includes(before.status) && after.status === to && after.startFieldingAt === expectedStart;
}

function computeDuration({ startFieldingAt, endFieldingAt }: TargetGroup): number {
  return Date.parse(endFieldingAt) - Date.parse(startFieldingAt);
}

/** Whether a function whose clock says at most `latest` may refuse to move the target group. */
function mayRefuse(action: Action, group: TargetGroup, latest: string): boolean {
  const { from, to, guards } = getTransition(action);
  if (group.status === to) return false;
  if (!from.includes(group.status)) return true;
  return (
    (guards.includes('completes-goal-open') && group.currentCompletes >= group.completesGoal) ||
    (guards.includes('end-date-ahead') && group.endFieldingAt <= latest)
  );
}

function makeChunkName({ jobId, createdAt, index }: ChunkKey): string {
  return `${jobId}#${createdAt} chunk ${index}`;
}
