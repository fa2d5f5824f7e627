/** Decides the fate of each port call: at random, or by a script. */
import type { Invocation } from './invocation.ts';
import type { Outage, Profile } from './profile.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';
import { GIVEN_UP_AFTER_MS, MAX_WIRE_MS, SECOND } from './simulated-times.ts';

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
  | 'resent'
  /** The same, but the first request takes effect last. */
  | 'overtaken';

export interface CallPlan {
  readonly fate: Fate;
  /** How long the caller sleeps before it sends the request, ms. */
  readonly freezeMs: number;
  /** How long the request is on the wire, ms. */
  readonly wireMs: number;
  /** How long the answer takes, ms. If it is lost: how long after sending the caller gives up. */
  readonly backMs: number;
  /** How long a request that is overtaken is on the wire, ms. */
  readonly lateMs: number;
}

export interface Faults {
  /** @param call the 1-based number of the call in its schedule */
  planCall(invocation: Invocation, name: string, call: number): CallPlan;
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

  planCall(invocation: Invocation, name: string): CallPlan {
    const random = this.#random;
    const profile = this.#profile;
    const elapsed = this.#scheduler.now - this.#start;
    const troubled = elapsed < profile.troubleMs;
    const isSlow = profile.moveMs > 0 && name === 'groups.move';
    const wireMs = isSlow
      ? random.int(profile.moveMs / 2, profile.moveMs)
      : random.int(1, troubled ? profile.wireMs : 5);
    const plan = { fate: 'answered', freezeMs: 0, wireMs, backMs: random.int(1, 5), lateMs: 0 } as const;
    let drawn: CallPlan | undefined;
    const { outage } = profile;
    if (outage !== undefined && isStruckBy(outage, name, elapsed) && random.chance(outage.share)) {
      drawn = outage.kind === 'refused' ? { ...plan, fate: 'throttled' } : this.#planLostCall(plan);
      if (outage.kind === 'hanging') drawn = { ...drawn, backMs: GIVEN_UP_AFTER_MS };
    }
    if (!troubled) return drawn ?? plan;
    drawn ??= this.#planFate(plan, name);
    return random.chance(profile.freeze) ? this.#planFrozenCall(invocation, drawn) : drawn;
  }

  #planFate(plan: CallPlan, name: string): CallPlan {
    const fate = this.#drawFate();
    if (fate === 'lost') return this.#planLostCall(plan);
    // The client of the moves makes one try (src/adapters/dynamodb/dynamodb-client.ts).
    if (fate === 'resent' && !name.startsWith('groups.') && this.#random.chance(0.5)) {
      return { ...plan, fate: 'overtaken', lateMs: this.#drawLateMs() };
    }
    return { ...plan, fate };
  }

  #planLostCall(plan: CallPlan): CallPlan {
    const longest = this.#random.chance(this.#profile.edges) ? SECOND / 10 : GIVEN_UP_AFTER_MS;
    return { ...plan, fate: 'lost', wireMs: this.#drawLateMs(), backMs: this.#random.int(1, longest) };
  }

  /** Draws how long a request without an answer is on the wire, ms. */
  #drawLateMs(): number {
    const shortest = this.#random.chance(this.#profile.edges) ? MAX_WIRE_MS - SECOND : 1;
    return this.#random.int(shortest, MAX_WIRE_MS);
  }

  #drawFate(): Fate {
    const { crash, throttle, lose, resend } = this.#profile;
    let chance = this.#random.next();
    if ((chance -= crash) < 0) return this.#random.chance(0.5) ? 'crash-before' : 'crash-after';
    if ((chance -= throttle) < 0) return 'throttled';
    if ((chance -= lose) < 0) return 'lost';
    if (chance - resend < 0) return 'resent';
    return 'answered';
  }

  /** Freezes the caller before it sends the request, or before it continues with the answer. */
  #planFrozenCall(invocation: Invocation, plan: CallPlan): CallPlan {
    // At the extreme it continues just before it is killed, and its last request arrives after that.
    const untilEnd = invocation.endsAt - this.#scheduler.now - this.#random.int(1, SECOND);
    const isLong =
      untilEnd > 0 && untilEnd < this.#profile.freezeMs && this.#random.chance(this.#profile.edges);
    const ms = isLong ? untilEnd : this.#random.int(1, this.#profile.freezeMs);
    if (this.#profile.zombies) invocation.endsAt += ms;
    return this.#random.chance(0.5) ? { ...plan, freezeMs: ms } : { ...plan, backMs: ms };
  }
}

function isStruckBy(outage: Outage, name: string, elapsed: number): boolean {
  return elapsed >= outage.from && elapsed < outage.until && name.startsWith(outage.port);
}

/** A point where the script crashes a caller: before or after the call with this 1-based number. */
export interface CrashPoint {
  readonly call: number;
  readonly fate: 'crash-before' | 'crash-after';
}

export class ScriptedFaults implements Faults {
  readonly #points: readonly CrashPoint[];
  readonly #computeWireMs: (invocation: Invocation) => number;

  /** @param computeWireMs how long each request of an invocation is on the wire; 1 ms by default */
  constructor(points: readonly CrashPoint[], computeWireMs: (invocation: Invocation) => number = () => 1) {
    this.#points = points;
    this.#computeWireMs = computeWireMs;
  }

  planCall(invocation: Invocation, _name: string, call: number): CallPlan {
    const point = this.#points.find((each) => each.call === call);
    const wireMs = this.#computeWireMs(invocation);
    return { fate: point?.fate ?? 'answered', freezeMs: 0, wireMs, backMs: 1, lateMs: 0 };
  }
}
