/** Decides the fate of each port call: at random, or by a script. */
import type { Invocation } from './invocation.ts';
import type { Outage, Profile } from './profile.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';
import { GIVEN_UP_AFTER_MS, MAX_WIRE_MS } from './timing.ts';

export type Fate =
  | 'answered'
  /** The caller dies before the request is sent, or right after it has taken effect. */
  | 'crash-before'
  | 'crash-after'
  /** The call is refused and has no effect. */
  | 'throttled'
  /** The call takes effect; the caller receives an error, before or after that. */
  | 'lost'
  /** The call takes effect twice; the caller receives the second answer. */
  | 'resent';

export interface Plan {
  readonly fate: Fate;
  /** How long the caller sleeps before it sends the request, ms. */
  readonly freezeMs: number;
  /** How long the request is on the wire, ms. */
  readonly wireMs: number;
  /** How long the answer takes, ms. If it is lost: how long after sending the caller gives up. */
  readonly backMs: number;
}

export interface Faults {
  /** @param call the 1-based number of the call in its schedule */
  plan(invocation: Invocation, name: string, call: number): Plan;
}

export class RandomFaults implements Faults {
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  readonly #profile: Profile;
  readonly #start: number;

  constructor(scheduler: Scheduler, random: Random, profile: Profile) {
    this.#scheduler = scheduler;
    this.#random = random;
    this.#profile = profile;
    this.#start = scheduler.now;
  }

  plan(invocation: Invocation, name: string): Plan {
    const random = this.#random;
    const profile = this.#profile;
    const elapsed = this.#scheduler.now - this.#start;
    const troubled = elapsed < profile.troubleMs;
    const wireMs = random.int(1, troubled ? profile.wireMs : 5);
    const plan = { fate: 'answered', freezeMs: 0, wireMs, backMs: random.int(1, 5) } as const;
    if (profile.outage !== undefined && strikes(profile.outage, name, elapsed) && random.chance(0.95)) {
      return profile.outage.late ? this.#lost(plan) : { ...plan, fate: 'throttled' };
    }
    if (!troubled) return plan;
    const fate = this.#fate();
    if (random.chance(profile.freeze)) return this.#frozen(invocation, { ...plan, fate });
    return fate === 'lost' ? this.#lost(plan) : { ...plan, fate };
  }

  #lost(plan: Plan): Plan {
    const wireMs = this.#random.int(1, MAX_WIRE_MS);
    return { ...plan, fate: 'lost', wireMs, backMs: this.#random.int(1, GIVEN_UP_AFTER_MS) };
  }

  #fate(): Fate {
    const { crash, throttle, lose, resend } = this.#profile;
    let chance = this.#random.next();
    if ((chance -= crash) < 0) return this.#random.chance(0.5) ? 'crash-before' : 'crash-after';
    if ((chance -= throttle) < 0) return 'throttled';
    if ((chance -= lose) < 0) return 'lost';
    if (chance - resend < 0) return 'resent';
    return 'answered';
  }

  /** Freezes the caller before it sends the request, or before it continues with the answer. */
  #frozen(invocation: Invocation, plan: Plan): Plan {
    const ms = this.#random.int(1, this.#profile.freezeMs);
    if (this.#profile.zombies) invocation.endsAt += ms;
    return this.#random.chance(0.5) ? { ...plan, freezeMs: ms } : { ...plan, backMs: ms };
  }
}

function strikes(outage: Outage, name: string, elapsed: number): boolean {
  return elapsed >= outage.from && elapsed < outage.until && name.startsWith(outage.port);
}

/** A point where the script crashes a caller: before or after the call with this 1-based number. */
export interface CrashPoint {
  readonly call: number;
  readonly fate: 'crash-before' | 'crash-after';
}

export class ScriptedFaults implements Faults {
  readonly #points: readonly CrashPoint[];

  constructor(points: readonly CrashPoint[]) {
    this.#points = points;
  }

  plan(_invocation: Invocation, _name: string, call: number): Plan {
    const point = this.#points.find((each) => each.call === call);
    return { fate: point?.fate ?? 'answered', freezeMs: 0, wireMs: 1, backMs: 1 };
  }
}
