/** Simulates the system for one schedule: use cases, clients, users and faults, all drawn from one seed. */
import type { Action } from '../../../src/domain/actions.ts';
import { computeShard, type CreationKey, deriveJobId } from '../../../src/domain/digest.ts';
import type { TargetGroup, TargetGroupKey } from '../../../src/domain/target-group.ts';
import type { Entry } from '../../../src/ports/journal.ts';
import type { ChunkWork, GiveUpWork } from '../../../src/ports/work-queue.ts';
import { TRIES } from '../../../src/application/retry.ts';
import { Auditor, type ObservedSystem, type Violation } from '../auditor/auditor.ts';
import { Calls } from './calls.ts';
import { type Faults, RandomFaults } from './call-faults.ts';
import { CreateFunctions } from './create-functions.ts';
import { FairQueue } from './fair-queue.ts';
import { Invocation } from './invocation.ts';
import {
  type Plan,
  makeFairnessPlan,
  makeFloodPlan,
  makeLimitsPlan,
  makeRandomPlan,
  QUIET_TENANT,
  QUIET_TENANTS,
} from './random-plan.ts';
import { makeBacklogPort, makeGroupsPort, makeJobStorePorts, makeOncePort, makeQueuePort } from './ports.ts';
import { BRIEF_MS, type Profile, makeRandomProfile } from './profile.ts';
import { type Message, Queue } from './queue.ts';
import { Random } from './random.ts';
import { Scheduler } from './scheduler.ts';
import { Stats } from './stats.ts';
import { type UseCases, shippedUseCases } from './shipped-use-cases.ts';
import type { FunctionName } from './simulated-times.ts';
import { computeGivenUpLatestMs, HOUR, MAX_SKEW_MS, MAX_WIRE_MS, STALLED_MS } from './simulated-times.ts';

const START = Date.UTC(2026, 0, 15, 12);

export interface SimulationOptions {
  readonly seed: number;
  /** By default the seed draws a profile. */
  readonly profile?: (random: Random) => Profile;
  readonly plan?: (start: number) => Plan;
  /** The actions of a drawn plan; all actions by default. */
  readonly actions?: readonly Action[];
  readonly faults?: Faults;
  /** The 1-based numbers of the calls at which all chunks that were sent by then are given up. */
  readonly giveUpAt?: readonly number[];
  readonly useCases?: UseCases;
  readonly stats?: Stats;
  /** The least number of chunks that must be settled per minute. */
  readonly leastSettleRate?: number;
  /** Receives one line for each event. */
  readonly trace?: (line: string) => void;
}

export interface ScheduleResult {
  readonly violations: readonly Violation[];
  readonly steps: number;
  /** Number of port calls. */
  readonly calls: number;
  /** Chunks that were settled per minute. */
  readonly settleRate: number;
}

/** Clients, users, workers and reconcile. They are passed in, because their modules import this one. */
export interface Actors {
  /** Starts clients, users and reconcile, which act on their own. */
  start(system: SimulatedSystem): void;
  /** Runs a worker on a batch that the queue delivers. */
  startWorker(system: SimulatedSystem, batch: readonly Message[]): Promise<void>;
  /** Runs a worker on a batch of give-ups. */
  startGivingUp(system: SimulatedSystem, batch: readonly Message<GiveUpWork>[]): Promise<void>;
  /** Lets a user take advantage of a move that has no answer and arrives later. */
  provoke(system: SimulatedSystem, key: TargetGroupKey, action: Action, arrivesInMs: number): void;
  /** Lets a user react to a job's move of a target group. */
  react(system: SimulatedSystem, moved: TargetGroup): void;
}

export class SimulatedSystem {
  readonly scheduler = new Scheduler(START);
  readonly random: Random;
  readonly profile: Profile;
  readonly plan: Plan;
  readonly useCases: UseCases;
  readonly auditor: Auditor;
  readonly calls: Calls;
  readonly queue: Queue<ChunkWork>;
  readonly giveUps: Queue<GiveUpWork>;
  readonly stats: Stats;
  readonly trace: (line: () => string) => void;
  /** What the runs of reconcile keep between them. */
  readonly stoppedAt = new Map<number, number>();
  /** The instances of create-job, where open work is limited. */
  readonly createFunctions: CreateFunctions | undefined;
  readonly #actors: Actors;
  readonly #usedShards: ReadonlySet<number>;
  #invocations = 0;
  #lastRequestAt = START;
  readonly #creations: Invocation[] = [];
  #ending = false;

  constructor(options: SimulationOptions, actors: Actors) {
    this.#actors = actors;
    this.random = new Random(options.seed);
    this.profile = (options.profile ?? makeRandomProfile)(this.random);
    this.plan = (options.plan ?? ((start) => this.#drawPlan(start, options.actions)))(START);
    this.useCases = options.useCases ?? shippedUseCases();
    this.stats = options.stats ?? new Stats();
    const { trace } = options;
    this.trace =
      trace === undefined
        ? () => undefined
        : (line) => {
            trace(`${((this.scheduler.now - START) / 1000).toFixed(3).padStart(10)} ${line()}`);
          };
    this.auditor = new Auditor(this.#makeObservedSystem(options.leastSettleRate));
    const { scheduler, random, profile } = this;
    this.queue = new Queue({
      scheduler,
      random,
      profile,
      delayMs: profile.delayMs,
      deadWorkers: profile.deadWorkers,
      fair: profile.fair ? new FairQueue() : undefined,
      getGroup: this.useCases.getMessageGroup,
      deliver: (batch) => actors.startWorker(this, batch),
    });
    this.giveUps = new Queue({
      scheduler,
      random,
      profile,
      delayMs: [0, profile.giveUpDelayMs],
      deadWorkers: profile.deadWorkers?.giveUpsToo === true ? profile.deadWorkers : undefined,
      fair: profile.fair ? new FairQueue() : undefined,
      getGroup: this.useCases.getMessageGroup,
      deliver: (batch) => actors.startGivingUp(this, batch),
    });
    this.createFunctions =
      profile.limits && new CreateFunctions(profile.limits, this.useCases, () => random.next());
    this.useCases.index.lagMs = profile.indexLagMs;
    this.useCases.index.now = () => scheduler.now;
    this.#usedShards = new Set(this.plan.tenants.map(({ accountId }) => computeShard(accountId)));
    const faults = options.faults ?? new RandomFaults(this.scheduler, this.random, this.profile);
    this.calls = new Calls(this.scheduler, faults, {
      trace: this.trace,
      onFate: (fate) => {
        this.stats.add(`calls: ${fate}`);
        if (options.giveUpAt?.includes(this.calls.made) === true) {
          for (const work of this.queue.sent) {
            const giveUp = { ...work, reason: 'deadline' as const };
            void this.auditor.checkGiveUpSent(giveUp, true);
            this.giveUps.put(giveUp);
          }
        }
      },
      onEffect: async (name, jobId) => {
        if (name.startsWith('jobs.')) await this.auditor.checkOpenWork();
        await (jobId === undefined ? this.auditor.check() : this.auditor.check(jobId));
      },
    });
  }

  /** Runs the schedule to its end, or to its first violation. */
  async run(): Promise<ScheduleResult> {
    this.trace(() => JSON.stringify(this.profile));
    this.#addRecords();
    this.#actors.start(this);
    this.#scheduleRedrives();
    await this.scheduler.run();
    if (this.auditor.violations.length === 0) await this.auditor.checkEnd();
    this.#countTotals();
    for (const { rule, detail } of this.auditor.violations) this.trace(() => `VIOLATION ${rule}: ${detail}`);
    return {
      violations: this.auditor.violations,
      steps: this.scheduler.steps,
      calls: this.calls.made,
      settleRate: this.auditor.measureSettleRate(),
    };
  }

  /**
   * Starts an invocation of a function.
   *
   * @param skewMs the error of its clock; drawn by default
   */
  invoke(fn: FunctionName, skewMs?: number): Invocation {
    this.#invocations += 1;
    this.stats.add(`runs of ${fn}`);
    const { scheduler, random, profile } = this;
    const by = new Invocation({ scheduler, random, fn, number: this.#invocations, profile, skewMs });
    if (fn === 'create-job') this.#creations.push(by);
    return by;
  }

  /** Makes the ports of an invocation: each of their calls may meet a fault. */
  makePorts(by: Invocation) {
    const { calls, useCases } = this;
    return {
      ...makeJobStorePorts(calls, by, useCases.store, this.#usedShards, (chunk, failures) =>
        this.auditor.checkGivenUp(by.name, chunk, failures),
      ),
      groups: makeGroupsPort(calls, by, useCases.groups, {
        onMove: (key, createdBy) => {
          this.auditor.addSentMove(key, createdBy);
        },
        onLateMove: (key, action, arrivesInMs) => {
          this.#actors.provoke(this, key, action, arrivesInMs);
        },
        onFailedRead: (key) => {
          this.auditor.addFailedRead(by.name, key);
        },
        isSilent: () => this.random.chance(this.profile.silentRefusals),
      }),
      once: makeOncePort(calls, by, useCases.once),
      backlog:
        this.profile.limits === undefined ? useCases.backlog : makeBacklogPort(calls, by, useCases.backlog),
      queue: makeQueuePort<ChunkWork>(calls, by, {
        put: (work, delayMs) => {
          this.auditor.checkSent(work);
          if (by.fn !== 'create-job' || !this.#isLost(work)) this.queue.put(work, delayMs);
          return by.fn === 'reconcile' ? this.auditor.checkSentAgain(work, by.name) : Promise.resolve();
        },
        onAnswer: (work) => {
          this.auditor.addSend(work, by.name);
        },
        count: () => this.queue.count(),
      }),
      giveUps: makeQueuePort<GiveUpWork>(calls, by, {
        put: (work, delayMs) => {
          this.giveUps.put(work, delayMs);
          return this.auditor.checkGiveUpSent(work, by.fn === 'worker');
        },
        count: () => this.giveUps.count(),
      }),
      clock: by.clock,
      journal: {
        note: (entry: Entry) => {
          this.stats.addEntry(entry);
          this.auditor.addEntry(entry);
          this.trace(() => `   ${by.name} notes ${describe(entry)}`);
        },
      },
    };
  }

  /** Records that a client sends a create request within `ms` from now. */
  expectRequestWithin(ms: number): void {
    this.#lastRequestAt = Math.max(this.#lastRequestAt, this.scheduler.now + ms);
  }

  /** Whether every client has sent its requests, and no call of their invocations is still on the wire. */
  haveAllAsked(): boolean {
    const { now } = this.scheduler;
    return now > this.#lastRequestAt && this.#creations.every(({ endsAt }) => now > endsAt + MAX_WIRE_MS);
  }

  /** Delivers old messages after every job has ended: they must change nothing. */
  resendOldMessages(): void {
    if (this.#ending) return;
    this.#ending = true;
    this.trace(() => 'every job has ended');
    for (const queue of [this.queue, this.giveUps]) {
      queue.redrive();
      queue.resendShare(0.2);
    }
  }

  /** Whether a message of a creation is lost on its way to the queue. */
  #isLost({ chunk }: ChunkWork): boolean {
    return this.profile.flood !== undefined && chunk.accountId === QUIET_TENANT.accountId;
  }

  #makeObservedSystem(leastSettleRate?: number): ObservedSystem {
    const { store } = this.useCases;
    const now = () => this.scheduler.now;
    const clock = { now, pause: () => Promise.resolve() };
    return {
      now,
      getJob: (key, jobId) => this.useCases.getJob({ ...store, clock }, key, key.action, jobId),
      listOpenJobs: () => Promise.resolve(this.useCases.listOpenJobs()),
      maxSkewMs: MAX_SKEW_MS,
      skewMs: this.profile.skewMs,
      faultsAreBrief: this.profile.troubleMs <= BRIEF_MS && (this.profile.outage?.until ?? 0) <= BRIEF_MS,
      zombies: this.profile.zombies,
      fullQueue: this.profile.flood && { messages: 10 * this.profile.workers, stalledMs: STALLED_MS },
      leastSettleRate,
      nothingFails: this.profile.fairness !== undefined,
      giveUp: { failedReads: TRIES, afterMs: computeGivenUpLatestMs(this.profile.deadlineMs) },
      limits: this.profile.limits?.observed,
      listTraces: (key) => this.#listTraces(key),
      quiet: this.profile.flood && { accountId: QUIET_TENANT.accountId, ...this.profile.flood },
      fairness: this.profile.fairness && {
        quietAccounts: new Set(QUIET_TENANTS.map(({ accountId }) => accountId)),
        mostTimes: 3,
      },
      onViolation: () => {
        this.scheduler.stop();
      },
    };
  }

  /** Lists what is there of a key, whether or not any function would still find it. */
  async #listTraces(key: CreationKey): Promise<string[]> {
    const { store, once } = this.useCases;
    const jobId = deriveJobId(key);
    const traces: string[] = [];
    if ((await store.jobs.find({ ...key, jobId }, this.scheduler.now)) !== undefined) traces.push('a job');
    if (this.useCases.hasRequest({ ...key, jobId })) traces.push('a request');
    if (once.has(key)) traces.push('an idempotency record');
    if (this.queue.sent.some(({ chunk }) => chunk.jobId === jobId)) traces.push('a message');
    return traces;
  }

  #drawPlan(start: number, actions?: readonly Action[]): Plan {
    const { random, profile } = this;
    if (profile.limits !== undefined) return makeLimitsPlan(random, profile.limits, start);
    if (profile.fairness !== undefined) return makeFairnessPlan(random, profile, profile.fairness, start);
    return profile.flood === undefined
      ? makeRandomPlan(random, profile, start, actions)
      : makeFloodPlan(random, profile.flood, start);
  }

  #addRecords(): void {
    const { targetGroupRecords } = this.useCases;
    targetGroupRecords.onWrite = (before, after) => {
      this.auditor.addWrite(before, after);
      if (before !== undefined && after.lastChangedBy !== 'user') this.#actors.react(this, after);
    };
    for (const tenant of this.plan.tenants) targetGroupRecords.addProject(tenant);
    for (const group of this.plan.groups) targetGroupRecords.put(group);
  }

  #scheduleRedrives(): void {
    for (let i = 0; i < 3; i += 1) {
      this.scheduler.runAfter(this.random.int(0, 2 * HOUR), () => {
        this.queue.redrive();
        this.giveUps.redrive();
      });
    }
  }

  #countTotals(): void {
    for (const [name, count] of Object.entries(this.queue.counts)) this.stats.add(`messages: ${name}`, count);
    for (const [name, count] of Object.entries(this.giveUps.counts))
      this.stats.add(`give-ups: ${name}`, count);
    this.stats.add('schedules');
    this.stats.add('steps', this.scheduler.steps);
    this.stats.add('violations', this.auditor.violations.length);
    this.stats.add('quiet jobs timed beside a flood', this.auditor.countTimedJobs());
  }
}

function describe({ event, ...rest }: Entry): string {
  return `${event} ${JSON.stringify(rest, (_key, value: unknown) => (value instanceof Error ? value.message : value))}`;
}
