/**
 * Lets the message groups of the embedded queue take turns, so that a flood of one account does not hold up
 * the others.
 *
 * SQS's fair queues deliver a noisy group after all others, and of several noisy groups the one with the
 * fewest messages in flight. Here every group counts as noisy: a machine with a few workers reaches none of
 * SQS's thresholds, so they are left out. The rules:
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues-detailed.html
 */

/** The used part of a message. */
export interface GroupedMessage {
  messageGroupId?: string;
}

/** The used part of a queue. */
export interface Waiting {
  /** The messages that can be delivered, in the order of delivery. */
  readonly messages: GroupedMessage[];
  readonly inflightMessages: ReadonlyMap<string, { readonly message: GroupedMessage }>;
}

/** The turns of one queue. */
export class Turns {
  #turn = 0;
  /** When each group was last delivered from, counted in messages. */
  readonly #lastTurns = new Map<string, number>();

  /**
   * Moves the messages that are next to the front: of the group with the fewest messages in flight, then of
   * the one that has waited longest for its turn, then the oldest.
   * @param most the number of messages to choose
   */
  arrange({ messages, inflightMessages }: Waiting, most: number): void {
    const inFlight = new Map<string, number>();
    for (const { message } of inflightMessages.values()) addTo(inFlight, message.messageGroupId);
    for (let place = 0; place < Math.min(most, messages.length); place += 1) {
      const next = this.#findNext(messages, place, inFlight);
      messages.splice(place, 0, ...messages.splice(next, 1));
      const group = messages[place]?.messageGroupId;
      addTo(inFlight, group);
      if (group !== undefined) this.#lastTurns.set(group, (this.#turn += 1));
    }
  }

  /** Returns the place of the next message. One without a group is a group of its own, as in SQS. */
  #findNext(
    messages: readonly GroupedMessage[],
    from: number,
    inFlight: ReadonlyMap<string, number>,
  ): number {
    const seen = new Set<string>();
    let best = from;
    let bestRank: readonly [number, number] = [Infinity, Infinity];
    for (let place = from; place < messages.length; place += 1) {
      const group = messages[place]?.messageGroupId;
      if (group !== undefined && seen.has(group)) continue;
      if (group !== undefined) seen.add(group);
      const rank = group === undefined ? ([0, 0] as const) : this.#rank(group, inFlight);
      if (rank[0] < bestRank[0] || (rank[0] === bestRank[0] && rank[1] < bestRank[1])) {
        [best, bestRank] = [place, rank];
      }
      // Nothing that follows goes before this one.
      if (bestRank[0] === 0 && bestRank[1] === 0) break;
    }
    return best;
  }

  #rank(group: string, inFlight: ReadonlyMap<string, number>): readonly [number, number] {
    return [inFlight.get(group) ?? 0, this.#lastTurns.get(group) ?? 0];
  }
}

function addTo(counts: Map<string, number>, group: string | undefined): void {
  if (group !== undefined) counts.set(group, (counts.get(group) ?? 0) + 1);
}
