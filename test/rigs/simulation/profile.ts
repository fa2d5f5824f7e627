/** How nasty one world is. Each seed draws its own: a world with a little of everything finds less than many extremes. */
import type { Random } from './random.ts';
import { DEADLINE_MS, HOUR, MAX_SKEW_MS, MAX_WIRE_MS, MINUTE, SECOND } from './timing.ts';

/** A stretch of time in which most calls to one port are refused. Times in ms from the start of the world. */
export interface Outage {
  readonly port: string;
  readonly from: number;
  readonly until: number;
  /** Whether the calls take effect all the same: a store that answers too late. */
  readonly late: boolean;
}

export interface Profile {
  /** Probabilities per port call. */
  readonly crash: number;
  readonly throttle: number;
  /** The answer is lost; the request may arrive all the same, even after the caller was told that it failed. */
  readonly lose: number;
  /** The client of the store sends the request a second time by itself, though the first one arrived. */
  readonly resend: number;
  readonly freeze: number;
  /** Bounds of time on the wire and of freezes, ms. */
  readonly wireMs: number;
  readonly freezeMs: number;
  readonly skewMs: number;
  /** All of the above ends so long after the start of the world, ms. */
  readonly troubleMs: number;
  readonly outage: Outage | undefined;
  /**
   * Whether a frozen function outlives its timeout. Lambda rules that out, and nothing can keep the last
   * write of one that sleeps for longer than its claim from coming late; all other promises hold even then.
   */
  readonly zombies: boolean;
  /** Probabilities per message or delivery. */
  readonly duplicate: number;
  readonly drop: number;
  /** Bounds of a message's way through the queue, ms. */
  readonly delayMs: readonly [number, number];
  /** How many times users interfere at random, and how probable it is that one does where a job has moved a group. */
  readonly interferences: number;
  readonly reaction: number;
  /** The probability, per attempt to create, that the memory of creations is lost before it. */
  readonly forget: number;
  /** When jobs are first asked for: within so many ms of the start. */
  readonly arrivalsMs: number;
}

/** A world in which nothing goes wrong. */
export const CALM: Profile = {
  crash: 0,
  throttle: 0,
  lose: 0,
  resend: 0,
  freeze: 0,
  wireMs: 5,
  freezeMs: 0,
  skewMs: 0,
  troubleMs: 0,
  outage: undefined,
  zombies: false,
  duplicate: 0,
  drop: 0,
  delayMs: [0, 1_000],
  interferences: 0,
  reaction: 0,
  forget: 0,
  arrivalsMs: 0,
};

/** Where the trouble ends so soon, every job has time to be carried out before its deadline. */
export const BRIEF_MS = 5 * MINUTE;

export function randomProfile(random: Random): Profile {
  return random.chance(0.3) ? rushProfile(random) : mixedProfile(random);
}

/** A world in which every frozen function wakes, however late. */
export function zombieProfile(random: Random): Profile {
  return mixedProfile(random, true);
}

function mixedProfile(random: Random, zombies = random.chance(0.1)): Profile {
  const brief = zombies ? HOUR : BRIEF_MS;
  const troubleMs = random.pick([brief, brief, 30 * MINUTE, DEADLINE_MS + 10 * MINUTE, 2.3 * HOUR]);
  const outageFrom = random.int(0, HOUR);
  return {
    crash: random.pick([0, 0.005, 0.02, 0.06]),
    throttle: random.pick([0, 0.01, 0.1]),
    lose: random.pick([0, 0.01, 0.06]),
    resend: random.pick([0, 0.02, 0.1]),
    freeze: zombies ? 0.05 : random.pick([0, 0, 0.01, 0.05]),
    wireMs: random.pick([5, 50, MAX_WIRE_MS]),
    freezeMs: zombies ? 20 * MINUTE : 30 * SECOND,
    skewMs: random.pick([0, 10 * SECOND, MAX_SKEW_MS]),
    troubleMs,
    outage:
      troubleMs > BRIEF_MS && random.chance(0.3)
        ? {
            port: random.pick(['jobs', 'groups', 'queue', 'groups.move', 'jobs.add']),
            from: outageFrom,
            until: outageFrom + random.pick([5 * MINUTE, 40 * MINUTE, 2.3 * HOUR]),
            late: random.chance(0.3),
          }
        : undefined,
    zombies,
    duplicate: random.pick([0, 0.1, 0.4]),
    drop: random.pick([0, 0, 0.1]),
    delayMs: [0, random.pick([100, 20 * SECOND, 4 * MINUTE])],
    interferences: random.pick([0, 3, 12]),
    reaction: random.pick([0, 0.3, 0.8]),
    forget: random.pick([0, 0, 0.3]),
    arrivalsMs: random.pick([0, 20 * SECOND, 4 * MINUTE]),
  };
}

/**
 * A backlog, whose messages come to their workers at about the time at which reconcile gives their jobs up,
 * while functions sleep and the store is slow. Workers and reconcile meet on the same chunks here, and hardly
 * anywhere else.
 */
export function rushProfile(random: Random): Profile {
  const skewMs = random.pick([0, 0, MAX_SKEW_MS]);
  return {
    ...CALM,
    crash: random.pick([0, 0.02]),
    throttle: random.pick([0, 0.05]),
    lose: random.pick([0, 0.1]),
    freeze: random.pick([0.02, 0.2]),
    wireMs: random.pick([5, 100, MAX_WIRE_MS]),
    freezeMs: 30 * SECOND,
    skewMs,
    troubleMs: 2.3 * HOUR,
    outage: random.chance(0.6)
      ? {
          port: random.pick(['groups.', 'groups.move', 'groups.move']),
          from: DEADLINE_MS - skewMs - MINUTE,
          until: DEADLINE_MS + random.int(-skewMs, skewMs + 90 * SECOND),
          late: random.chance(0.4),
        }
      : undefined,
    duplicate: random.pick([0, 0.3]),
    delayMs: [DEADLINE_MS - skewMs - 30 * SECOND, DEADLINE_MS + skewMs + MINUTE],
    reaction: random.pick([0, 0.8]),
    arrivalsMs: 0,
  };
}
