/** Draws how often each fault occurs in a schedule: extreme schedules find more bugs than average ones. */
import { KNOWN_FOR_SECONDS } from '../../../lib/open-work.ts';
import type { ObservedLimits } from '../auditor/open-work.ts';
import type { Random } from './random.ts';
import {
  DEADLINE_MS,
  GIVEN_UP_AFTER_MS,
  HOUR,
  MAX_ANSWERED_WIRE_MS,
  MAX_SKEW_MS,
  MINUTE,
  RECONCILE_EVERY_MS,
  SECOND,
  WORKERS,
} from './simulated-times.ts';

/** A period in which most calls to one port are refused. Times in ms from the start of the schedule. */
export interface Outage {
  readonly port: string;
  readonly from: number;
  readonly until: number;
  /**
   * `late`: the calls take effect nevertheless, as in a store that answers too late. `hanging`: also, the
   * caller waits for as long as it may.
   */
  readonly kind: 'refused' | 'late' | 'hanging';
  /** The share of the calls that it strikes. */
  readonly share: number;
}

export interface Profile {
  /** Probabilities per port call. */
  readonly crash: number;
  readonly throttle: number;
  /** The answer is lost; the request still takes effect, possibly after the caller received an error. */
  readonly lose: number;
  /** The store's client repeats the request by itself, although the first one arrived. */
  readonly resend: number;
  readonly freeze: number;
  /**
   * Probability of the extreme: a pause that ends at half, a clock that is as wrong as it may be, a request
   * without an answer that is on the wire for about as long as it may be.
   */
  readonly edges: number;
  /** Upper bounds, ms: an answered request's time on the wire, a freeze, and the error of a clock. */
  readonly wireMs: number;
  readonly freezeMs: number;
  readonly skewMs: number;
  /** When all of the above ends, ms from the start of the schedule. */
  readonly troubleMs: number;
  readonly outage: Outage | undefined;
  /**
   * Whether a frozen function outlives its timeout, which Lambda rules out. Its last write may then arrive
   * after its claim has ended; all other promises still hold.
   */
  readonly zombies: boolean;
  /** Probabilities per message or delivery. */
  readonly duplicate: number;
  readonly drop: number;
  /** Probability that a message that is handed back is delivered again within seconds. */
  readonly echo: number;
  /** The shortest and the longest delay of a message in the queue, ms. */
  readonly delayMs: readonly [number, number];
  /** The longest delay of a give-up in its queue, ms. */
  readonly giveUpDelayMs: number;
  /** How often users change a target group at random, and the probability that one reacts to a job's move. */
  readonly interferences: number;
  readonly reaction: number;
  /** Probability that a user takes advantage of a move without an answer (see `provoke`). */
  readonly spite: number;
  /** The probability, per create request, that the idempotency records are lost before it. */
  readonly forget: number;
  /** The first request of each job arrives within this time from the start, ms. */
  readonly arrivalsMs: number;
  /** Whether the queues deliver as SQS's fair queues do, by account; else the oldest message first. */
  readonly fair: boolean;
  /** Most messages that a worker gets at a time. */
  readonly batchSize: number;
  /** Most workers that each queue has at a time. */
  readonly workers: number;
  /** When workers are dead, ms from the start. */
  readonly deadWorkers: DeadWorkers | undefined;
  /** How far the index of open jobs is behind, ms. */
  readonly indexLagMs: number;
  /** The share of the refused moves that do not bring the target group. */
  readonly silentRefusals: number;
  /** Age of a job at its deadline, ms. */
  readonly deadlineMs: number;
  /** A flood of jobs of one account, and a job of a quiet account whose messages are lost. */
  readonly flood: Flood | undefined;
  /** How long a move is on the wire at most, and half of it at least, ms; 0: as any call. */
  readonly moveMs: number;
  /** A flood beside which ten quiet accounts have a job each. */
  readonly fairness: Fairness | undefined;
  /** The limits of open work, which the clients exceed. */
  readonly limits: Limits | undefined;
}

export interface Fairness {
  /** Chunks of each job of a quiet account. */
  readonly quietChunks: number;
  /** How long the flood comes after the jobs that are alone, and the first quiet job after the flood, ms. */
  readonly floodAfterMs: number;
  readonly firstAfterMs: number;
  /** The time from one quiet job to the next, ms. */
  readonly everyMs: number;
  /** For how long the workers are busy with the flood at least, ms. */
  readonly floodMs: number;
}

export interface Limits {
  readonly jobsPerAccount: number;
  readonly targetGroupsPerAccount: number;
  /** Of the whole stack. */
  readonly targetGroups: number;
  /** When reconcile does not run, ms from the start. */
  readonly latePass: { readonly from: number; readonly until: number } | undefined;
  /** The fewest target groups of a job. */
  readonly smallestJob: number;
  /** What the auditor requires of them. */
  readonly observed: ObservedLimits;
}

/** A period in which no message is worked on. */
export interface DeadWorkers {
  readonly from: number;
  readonly until: number;
  /** `silent`: nothing is delivered. `crashing`: each worker dies at once, and the deliveries count. */
  readonly kind: 'silent' | 'crashing';
  /** Whether give-ups are not worked on either. */
  readonly giveUpsToo: boolean;
}

export interface Flood {
  readonly jobs: number;
  /** Within this time a job of the quiet account that is due is looked after, ms. */
  readonly lookWithinMs: number;
}

/** Fewer than SQS delivers, because a schedule has few messages: they too are to need several batches. */
const BATCH_SIZE = 3;

/** A schedule in which nothing goes wrong. */
export const CALM: Profile = {
  crash: 0,
  throttle: 0,
  lose: 0,
  resend: 0,
  freeze: 0,
  edges: 0,
  wireMs: 5,
  freezeMs: 0,
  skewMs: 0,
  troubleMs: 0,
  outage: undefined,
  zombies: false,
  duplicate: 0,
  drop: 0,
  echo: 0,
  delayMs: [0, 1_000],
  giveUpDelayMs: 1_000,
  interferences: 0,
  reaction: 0,
  spite: 0,
  forget: 0,
  arrivalsMs: 0,
  batchSize: BATCH_SIZE,
  workers: WORKERS,
  fair: false,
  deadWorkers: undefined,
  indexLagMs: 0,
  silentRefusals: 0,
  deadlineMs: DEADLINE_MS,
  flood: undefined,
  moveMs: 0,
  fairness: undefined,
  limits: undefined,
};

const DEAD_FOR_HOURS: DeadWorkers = { from: 0, until: 10 * HOUR, kind: 'silent', giveUpsToo: true };

/** If the faults end within this time, every job can be carried out before its deadline. */
export const BRIEF_MS = 5 * MINUTE;

export function makeRandomProfile(random: Random): Profile {
  const draw = random.next();
  if (draw < 0.25) return makeRushProfile(random);
  if (draw < 0.28) return makeHangingProfile(random);
  if (draw < 0.3) return makeMeetingProfile(random);
  if (draw < 0.34) return makeDeadWorkersProfile(random);
  if (draw < 0.35) return makeFloodProfile(random);
  if (draw < 0.36) return makeFairnessProfile(random);
  if (draw < 0.38) return makeKilledProfile(random);
  if (draw < 0.48) return makeLateWritesProfile(random);
  return draw < 0.97 ? makeMixedProfile(random) : makeLimitsProfile(random);
}

/**
 * Draws a schedule in which many moves get no answer and arrive late. Users take advantage of that, and
 * chunks are worked on again at once, also by functions whose clocks are far apart: no attempt may decide
 * before the writes of an earlier one have arrived.
 */
export function makeLateWritesProfile(random: Random): Profile {
  return {
    ...CALM,
    crash: random.pick([0, 0.01]),
    throttle: random.pick([0, 0.1]),
    freeze: random.pick([0, 0.05]),
    edges: random.pick([0.5, 1]),
    wireMs: random.pick([5, 50, MAX_ANSWERED_WIRE_MS]),
    freezeMs: 30 * SECOND,
    skewMs: random.pick([0, MAX_SKEW_MS]),
    troubleMs: BRIEF_MS,
    outage: {
      port: 'groups.move',
      from: 0,
      until: random.pick([20 * SECOND, 2 * MINUTE]),
      kind: 'late',
      share: random.pick([0.3, 0.6, 0.95]),
    },
    duplicate: random.pick([0, 0.5]),
    delayMs: [0, random.pick([100, 10 * SECOND])],
    echo: 0.8,
    spite: 1,
  };
}

/**
 * Draws a schedule in which workers are killed in the middle of a move, and others get their chunks as soon
 * as the claims end, by clocks that are as far apart as they may be.
 */
export function makeKilledProfile(random: Random): Profile {
  return {
    ...makeLateWritesProfile(random),
    freeze: random.pick([0.1, 0.3]),
    edges: 1,
    skewMs: MAX_SKEW_MS,
    duplicate: 1,
  };
}

/**
 * Draws a schedule in which the target groups hardly answer until hours after every deadline: a run of
 * reconcile has no time to read all of a chunk, and still every job must end.
 */
export function makeHangingProfile(random: Random): Profile {
  return {
    ...CALM,
    edges: random.pick([0, 0.5]),
    skewMs: random.pick([0, MAX_SKEW_MS]),
    troubleMs: 2.3 * HOUR,
    crash: random.pick([0, 0.01]),
    outage: {
      port: 'groups.',
      from: 0,
      until: 10 * HOUR,
      kind: random.pick(['late', 'hanging', 'hanging']),
      share: random.pick([0.95, 1]),
    },
    // Without workers, only reconcile can give them up.
    deadWorkers: random.chance(0.5) ? DEAD_FOR_HOURS : undefined,
    arrivalsMs: random.pick([0, 4 * MINUTE]),
  };
}

/**
 * Draws a schedule in which no worker works for a long time, also beyond the deadline: messages and give-ups
 * of a chunk meet when the workers are back, or reconcile settles what they do not.
 */
export function makeDeadWorkersProfile(random: Random): Profile {
  const from = random.pick([0, 0, random.int(0, 20 * MINUTE)]);
  return {
    ...CALM,
    crash: random.pick([0, 0.01]),
    throttle: random.pick([0, 0.05]),
    lose: random.pick([0, 0.05]),
    freeze: random.pick([0, 0.05]),
    edges: random.pick([0, 0.5]),
    wireMs: random.pick([5, 100, MAX_ANSWERED_WIRE_MS]),
    freezeMs: 30 * SECOND,
    skewMs: random.pick([0, MAX_SKEW_MS]),
    troubleMs: 3 * HOUR,
    deadWorkers: {
      from,
      until: from + random.pick([HOUR, HOUR + 2 * MINUTE, 80 * MINUTE, 10 * HOUR]),
      kind: random.pick(['silent', 'crashing']),
      giveUpsToo: random.chance(0.7),
    },
    workers: random.pick([1, 2, WORKERS]),
    duplicate: random.pick([0, 0.3]),
    delayMs: [0, random.pick([100, 4 * MINUTE])],
    giveUpDelayMs: random.pick([100, 4 * MINUTE]),
    reaction: random.pick([0, 0.8]),
    indexLagMs: random.pick([0, 0, 3 * MINUTE]),
    silentRefusals: random.pick([0, 1]),
    arrivalsMs: random.pick([0, 4 * MINUTE]),
  };
}

/**
 * Draws a schedule in which work on a chunk meets its give-up: messages arrive at about the deadline, when
 * reconcile sends the give-ups, and many moves then get no answer.
 */
export function makeMeetingProfile(random: Random): Profile {
  return {
    ...CALM,
    crash: random.pick([0, 0.02]),
    edges: 1,
    wireMs: random.pick([5, 100]),
    skewMs: MAX_SKEW_MS,
    troubleMs: 2.3 * HOUR,
    outage: {
      port: 'groups.move',
      from: DEADLINE_MS - 30 * SECOND,
      until: DEADLINE_MS + 30 * SECOND,
      kind: 'late',
      share: random.pick([0.3, 0.6]),
    },
    delayMs: [DEADLINE_MS - 10 * SECOND, DEADLINE_MS + 10 * SECOND],
    giveUpDelayMs: 100,
    echo: random.pick([0, 0.8]),
    spite: random.pick([0, 0.5]),
  };
}

/**
 * Draws a flood: one account has more jobs than the workers carry out before the deadline, and than a run of
 * reconcile looks at. A quiet account's job has lost its messages.
 */
export function makeFloodProfile(random: Random): Profile {
  const indexLagMs = random.pick([0, 0, 2 * MINUTE]);
  return {
    ...CALM,
    wireMs: MAX_ANSWERED_WIRE_MS,
    skewMs: random.pick([0, MAX_SKEW_MS]),
    troubleMs: 3 * HOUR,
    workers: 2,
    fair: true,
    indexLagMs,
    // More than twice the time after which a job is stalled: a full queue withholds its first resend.
    deadlineMs: 30 * MINUTE,
    arrivalsMs: 10 * SECOND,
    flood: { jobs: random.pick([150, 300]), lookWithinMs: 2 * MINUTE + indexLagMs },
  };
}

/** Quiet accounts beside a flood. */
export const QUIET_ACCOUNTS = 10;

/**
 * Draws a flood of one account beside which ten quiet ones have a job each, one after the other. Nothing goes
 * wrong, so that only the other messages can hold up a job. A worker gets one message at a time, as with
 * chunks of the default size.
 */
export function makeFairnessProfile(random: Random): Profile {
  const workers = random.pick([2, WORKERS]);
  const quietChunks = random.pick([1, 2, workers / 2, workers, 2 * workers]);
  const everyMs = 2.5 * SECOND * Math.ceil(quietChunks / workers);
  // Right after other work a flood is not noisy yet: first it has to have its tenth of what is recent.
  const isBusyBefore = random.chance(0.5);
  const recentMs = isBusyBefore ? Math.min(QUIET_ACCOUNTS * everyMs, MINUTE) : 0;
  const firstAfterMs = Math.ceil(recentMs / 9) + random.int(0, 5 * SECOND);
  return {
    ...CALM,
    skewMs: random.pick([0, MAX_SKEW_MS]),
    delayMs: [0, 20],
    moveMs: SECOND,
    fair: true,
    batchSize: 1,
    workers,
    fairness: {
      quietChunks,
      floodAfterMs: isBusyBefore ? 0 : 2 * MINUTE,
      firstAfterMs,
      everyMs,
      floodMs: firstAfterMs + (QUIET_ACCOUNTS + 1) * everyMs,
    },
  };
}

/** From so many target groups on a job is always counted: they stand for a thousand. */
const COUNTED_FROM = 4;

/** The calls on which knowledge of the open work depends. */
const COUNTER_PORTS = ['backlog.addAccepted', 'backlog.estimate', 'backlog.savePass', 'jobs.readAccount'];

/**
 * Draws a schedule in which several accounts want more than their limits and that of the stack, and ten quiet
 * accounts a job each: many create functions work at once, reconcile may be late, and what counts the open
 * work may fail.
 */
export function makeLimitsProfile(random: Random): Profile {
  const troubled = random.chance(0.3);
  // Clocks and index together are behind by as much as the pass allows for.
  const [skewMs, indexLagMs] = random.pick([
    [0, 0],
    [0, 8 * SECOND],
    [MAX_SKEW_MS, 0],
    [2 * SECOND, 5 * SECOND],
  ] as const);
  const lateFrom = random.int(0, 2 * MINUTE);
  const latePass = random.chance(0.4)
    ? { from: lateFrom, until: lateFrom + random.pick([3, 8]) * MINUTE }
    : undefined;
  const failing = !troubled && random.chance(0.5) ? random.pick(COUNTER_PORTS) : undefined;
  const outage: Outage | undefined =
    failing === undefined
      ? undefined
      : {
          port: failing,
          from: 0,
          until: random.pick([MINUTE, BRIEF_MS]),
          kind: random.pick(['refused', 'late']),
          share: random.pick([0.5, 1]),
        };
  const slow = !troubled && random.chance(0.3);
  const lateMs = latePass === undefined ? 0 : latePass.until - latePass.from;
  const workers = slow ? 1 : random.pick([2, WORKERS]);
  const deadlineMs = slow ? 10 * MINUTE : DEADLINE_MS;
  const limits = {
    jobsPerAccount: 20,
    targetGroupsPerAccount: random.pick([60, 90]),
    targetGroups: random.pick([150, 300]),
  };
  // A decision waits for both of its reads, also for one that fails slowly.
  const waitMs = outage?.kind === 'late' ? GIVEN_UP_AFTER_MS : 0;
  const passAgeMs = RECONCILE_EVERY_MS + lateMs + indexLagMs + 10 * SECOND;
  return {
    ...CALM,
    ...(troubled && {
      crash: random.pick([0, 0.02]),
      throttle: random.pick([0, 0.05]),
      lose: random.pick([0, 0.05]),
      resend: random.pick([0, 0.05]),
      freeze: random.pick([0, 0.02]),
      freezeMs: 30 * SECOND,
      duplicate: random.pick([0, 0.2]),
      forget: random.pick([0, 0.1]),
    }),
    edges: random.pick([0, 0.5]),
    wireMs: troubled ? random.pick([50, MAX_ANSWERED_WIRE_MS]) : 50,
    skewMs,
    indexLagMs,
    troubleMs: BRIEF_MS,
    outage,
    arrivalsMs: random.pick([0, 20 * SECOND, MINUTE]),
    workers,
    moveMs: slow ? SECOND : 0,
    deadlineMs,
    // Open work piles up until they begin.
    deadWorkers: {
      from: 0,
      until: random.pick([0, MINUTE, 3 * MINUTE]),
      kind: 'silent',
      giveUpsToo: true,
    },
    limits: {
      ...limits,
      latePass,
      smallestJob: troubled ? 1 : COUNTED_FROM,
      observed: {
        maxOpenJobsPerAccount: limits.jobsPerAccount,
        maxOpenTargetGroupsPerAccount: limits.targetGroupsPerAccount,
        maxOpenTargetGroups: limits.targetGroups,
        countedFrom: COUNTED_FROM,
        countedTimes: troubled ? 2 : 1,
        knownAfterMs: {
          account: troubled || failing === 'jobs.readAccount' ? undefined : indexLagMs + SECOND + waitMs,
          stack: computeStackAgeMs(troubled, failing, { passAgeMs, waitMs }),
        },
        refusedForMs: {
          account: 5 * SECOND + indexLagMs + (troubled ? 40 : 1) * SECOND,
          stack: passAgeMs + (troubled || failing === 'backlog.savePass' ? BRIEF_MS : 0) + 2 * MAX_SKEW_MS,
        },
        leftAfterMs: troubled ? undefined : 5 * SECOND,
        // A target group a second, for half of the deadline.
        workable: slow ? deadlineMs / 2 / SECOND : Infinity,
      },
    },
  };
}

/** Computes after which time all functions know of a job, if there is such a time. */
function computeStackAgeMs(
  troubled: boolean,
  failing: string | undefined,
  { passAgeMs, waitMs }: { passAgeMs: number; waitMs: number },
): number | undefined {
  if (troubled || failing === 'backlog.estimate') return undefined;
  // The next pass knows of what was not counted.
  return failing === 'backlog.addAccepted' ? passAgeMs : KNOWN_FOR_SECONDS * SECOND + waitMs;
}

/** Draws a schedule in which every frozen function continues, however late. */
export function makeZombieProfile(random: Random): Profile {
  return makeMixedProfile(random, true);
}

function makeMixedProfile(random: Random, zombies = random.chance(0.1)): Profile {
  const brief = zombies ? HOUR : BRIEF_MS;
  const troubleMs = random.pick([brief, brief, 30 * MINUTE, DEADLINE_MS + 10 * MINUTE, 2.3 * HOUR]);
  const outageFrom = random.int(0, HOUR);
  return {
    crash: random.pick([0, 0.005, 0.02, 0.06]),
    throttle: random.pick([0, 0.01, 0.1]),
    lose: random.pick([0, 0.01, 0.06]),
    resend: random.pick([0, 0.02, 0.1]),
    freeze: zombies ? 0.05 : random.pick([0, 0, 0.01, 0.05]),
    edges: random.pick([0, 0.5]),
    wireMs: random.pick([5, 50, MAX_ANSWERED_WIRE_MS]),
    freezeMs: zombies ? 20 * MINUTE : 30 * SECOND,
    skewMs: random.pick([0, SECOND, MAX_SKEW_MS]),
    troubleMs,
    outage:
      troubleMs > BRIEF_MS && random.chance(0.3)
        ? {
            port: random.pick(['jobs', 'groups', 'queue', 'groups.move', 'jobs.add']),
            from: outageFrom,
            until: outageFrom + random.pick([5 * MINUTE, 40 * MINUTE, 2.3 * HOUR]),
            kind: random.chance(0.3) ? 'late' : 'refused',
            share: 0.95,
          }
        : undefined,
    zombies,
    duplicate: random.pick([0, 0.1, 0.4]),
    drop: random.pick([0, 0, 0.1]),
    echo: random.pick([0, 0.3]),
    delayMs: [0, random.pick([100, 20 * SECOND, 4 * MINUTE])],
    giveUpDelayMs: random.pick([100, 4 * MINUTE]),
    interferences: random.pick([0, 3, 12]),
    reaction: random.pick([0, 0.3, 0.8]),
    spite: random.pick([0, 0.3]),
    forget: random.pick([0, 0, 0.3]),
    arrivalsMs: random.pick([0, 20 * SECOND, 4 * MINUTE]),
    batchSize: BATCH_SIZE,
    workers: random.pick([2, WORKERS]),
    fair: false,
    deadWorkers: undefined,
    indexLagMs: random.pick([0, 0, SECOND, 3 * MINUTE]),
    silentRefusals: random.pick([0, 0.5]),
    deadlineMs: DEADLINE_MS,
    flood: undefined,
    moveMs: 0,
    fairness: undefined,
    limits: undefined,
  };
}

/**
 * Draws a backlog: messages reach the workers at about the deadline of their jobs, while functions freeze and
 * the store is slow. Work on a chunk and its give-up compete here and in `makeMeetingProfile`, and hardly
 * ever elsewhere.
 */
export function makeRushProfile(random: Random): Profile {
  const skewMs = random.pick([0, 0, MAX_SKEW_MS]);
  return {
    ...CALM,
    crash: random.pick([0, 0.02]),
    throttle: random.pick([0, 0.05]),
    lose: random.pick([0, 0.1]),
    freeze: random.pick([0.02, 0.2]),
    edges: random.pick([0, 0.5]),
    wireMs: random.pick([5, 100, MAX_ANSWERED_WIRE_MS]),
    freezeMs: 30 * SECOND,
    skewMs,
    troubleMs: 2.3 * HOUR,
    outage: random.chance(0.6)
      ? {
          port: random.pick(['groups.', 'groups.move', 'groups.move']),
          from: DEADLINE_MS - skewMs - MINUTE,
          until: DEADLINE_MS + random.int(-skewMs, skewMs + 90 * SECOND),
          kind: random.chance(0.4) ? 'late' : 'refused',
          share: random.pick([0.5, 0.95]),
        }
      : undefined,
    duplicate: random.pick([0, 0.3]),
    delayMs: [DEADLINE_MS - skewMs - 30 * SECOND, DEADLINE_MS + skewMs + MINUTE],
    reaction: random.pick([0, 0.8]),
    spite: random.pick([0, 0.5]),
    silentRefusals: random.pick([0, 0.5]),
  };
}
