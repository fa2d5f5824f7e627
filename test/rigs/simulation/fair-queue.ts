/**
 * Models in which order an SQS standard queue delivers the messages of several groups. Pure: the caller says
 * what happens and when.
 *
 * AWS documents the rules (fair queues), not how fast a noisy group is detected, nor how long "recent" is:
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues-detailed.html
 */

/** A group is noisy when it has so many messages in flight, and more than so large a share of all of them. */
export const NOISY_IN_FLIGHT = 30;
const NOISY_SHARE = 0.1;

/** A group of which nothing was in flight for so long is no longer noisy, whatever still waits, ms. */
export const QUIET_AFTER_MS = 5 * 60_000;

/** How far back processing time counts, ms. An assumption: AWS says "recent". */
const RECENT_MS = 60_000;

interface Group {
  waiting: number;
  inFlight: number;
  /** When a message of it was in flight last, if none is now. */
  lastInFlightAt: number;
}

/** A time in which a message was in flight. One that still is has no end. */
interface Processing {
  readonly group: string;
  readonly from: number;
  until: number | undefined;
}

interface Times {
  readonly groups: ReadonlyMap<string, number>;
  readonly total: number;
}

export class FairQueue<Key> {
  readonly #groups = new Map<string, Group>();
  readonly #inFlight = new Map<Key, Processing>();
  #ended: Processing[] = [];

  /** Notes that a message of a group was sent. */
  noteSent(group: string): void {
    this.#find(group).waiting += 1;
  }

  /** Notes that a message was delivered. */
  noteDelivered(key: Key, group: string, now: number): void {
    const found = this.#find(group);
    found.waiting -= 1;
    found.inFlight += 1;
    this.#inFlight.set(key, { group, from: now, until: undefined });
  }

  /** Notes that a message in flight was deleted. */
  noteDeleted(key: Key, now: number): void {
    this.#end(key, now);
  }

  /** Notes that a message in flight waits again: its visibility timeout has ended, or it was handed back. */
  noteReturned(key: Key, now: number): void {
    const group = this.#end(key, now);
    if (group !== undefined) this.#find(group).waiting += 1;
  }

  /** Whether the messages of a group come after those of others. */
  isNoisy(group: string, now: number, times = this.#computeTimes(now)): boolean {
    const { waiting, inFlight, lastInFlightAt } = this.#find(group);
    if (waiting === 0 || (inFlight === 0 && now - lastInFlightAt >= QUIET_AFTER_MS)) return false;
    const concurrencyShare = inFlight / Math.max(1, this.#inFlight.size);
    return (
      (inFlight >= NOISY_IN_FLIGHT && concurrencyShare > NOISY_SHARE) ||
      (times.groups.get(group) ?? 0) > NOISY_SHARE * times.total
    );
  }

  /**
   * Orders the messages that can be delivered: those of quiet groups as they are, then those of noisy ones,
   * the group with the fewest in flight first.
   * @param groupOf returns the group of a message
   */
  order<Message>(
    messages: readonly Message[],
    groupOf: (message: Message) => string,
    now: number,
  ): Message[] {
    const ranks = new Map<string, number>();
    const times = this.#computeTimes(now);
    for (const group of new Set(messages.map(groupOf))) {
      ranks.set(group, this.isNoisy(group, now, times) ? 1 + this.#find(group).inFlight : 0);
    }
    const rank = (message: Message) => ranks.get(groupOf(message)) ?? 0;
    return [...messages].sort((a, b) => rank(a) - rank(b));
  }

  #find(group: string): Group {
    const found = this.#groups.get(group) ?? { waiting: 0, inFlight: 0, lastInFlightAt: -Infinity };
    this.#groups.set(group, found);
    return found;
  }

  #end(key: Key, now: number): string | undefined {
    const processing = this.#inFlight.get(key);
    if (processing === undefined) return undefined;
    this.#inFlight.delete(key);
    processing.until = now;
    this.#ended.push(processing);
    const found = this.#find(processing.group);
    found.inFlight -= 1;
    found.lastInFlightAt = now;
    return processing.group;
  }

  /** Computes the recent processing time of each group and of all, ms. */
  #computeTimes(now: number): Times {
    const since = now - RECENT_MS;
    this.#ended = this.#ended.filter(({ until }) => until === undefined || until > since);
    const groups = new Map<string, number>();
    let total = 0;
    for (const { group, from, until = now } of [...this.#ended, ...this.#inFlight.values()]) {
      const ms = until - Math.max(since, from);
      total += ms;
      groups.set(group, (groups.get(group) ?? 0) + ms);
    }
    return { groups, total };
  }
}
