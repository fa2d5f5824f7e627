/**
 * Simulates an SQS standard queue: unordered at-least-once delivery to a limited number of workers,
 * visibility timeouts, dead letters.
 */
import type { ChunkWork } from '../../../src/ports/work-queue.ts';
import type { FairQueue } from './fair-queue.ts';
import type { DeadWorkers, Profile } from './profile.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';
import { FUNCTIONS, HOUR, MAX_RECEIVE_COUNT, MAX_WIRE_MS, SECOND, VISIBILITY_MS } from './simulated-times.ts';

export interface Message<Work extends ChunkWork = ChunkWork> {
  readonly work: Work;
  receives: number;
  visibleAt: number;
}

export interface QueueSettings<Work extends ChunkWork> {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly profile: Profile;
  /** The shortest and the longest delay of a message, ms. */
  readonly delayMs: readonly [number, number];
  readonly deadWorkers: DeadWorkers | undefined;
  /** Delivers accounts as SQS's fair queues do. Without it, the oldest message comes first. */
  readonly fair?: FairQueue<Message<Work>> | undefined;
  /** Returns the message group of a message. */
  readonly getGroup: (work: Work) => string;
  /** Starts a worker. The returned promise resolves when the worker has ended. */
  readonly deliver: (batch: readonly Message<Work>[]) => Promise<void>;
}

export class Queue<Work extends ChunkWork> {
  readonly counts = { sent: 0, deliveries: 0, duplicates: 0, dropped: 0, deadLetters: 0, redriven: 0 };
  /** Every message that was ever sent, so that old copies can be sent again. */
  readonly sent: Work[] = [];
  readonly #waiting = new Set<Message<Work>>();
  readonly #deadLetters = new Set<Message<Work>>();
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  readonly #profile: Profile;
  readonly #delayMs: readonly [number, number];
  readonly #deadWorkers: DeadWorkers | undefined;
  readonly #fair: FairQueue<Message<Work>> | undefined;
  readonly #getGroup: (message: Message<Work>) => string;
  readonly #deliver: (batch: readonly Message<Work>[]) => Promise<void>;
  readonly #start: number;
  #workers = 0;

  constructor(settings: QueueSettings<Work>) {
    const { scheduler, random, profile, delayMs, deadWorkers, fair, getGroup, deliver } = settings;
    this.#scheduler = scheduler;
    this.#random = random;
    this.#profile = profile;
    this.#delayMs = delayMs;
    this.#deadWorkers = deadWorkers;
    this.#fair = fair;
    this.#getGroup = ({ work }) => getGroup(work);
    this.#deliver = deliver;
    this.#start = scheduler.now;
    if (deadWorkers !== undefined) {
      scheduler.runAfter(deadWorkers.until, () => {
        this.#poll();
      });
    }
  }

  put(work: Work, delayMs = 0): void {
    this.counts.sent += 1;
    this.sent.push(work);
    this.#enqueue(work, delayMs + this.#random.int(...this.#delayMs));
    if (this.#random.chance(this.#profile.duplicate)) {
      this.counts.duplicates += 1;
      this.#enqueue(work, delayMs + this.#random.int(0, this.#random.pick([SECOND, 60 * SECOND, HOUR])));
    }
  }

  /** Counts the messages, whether or not they could be delivered now. */
  count(): number {
    return this.#waiting.size;
  }

  /** Sends a share of all earlier messages again, as an operator with old copies might. */
  resendShare(share: number): void {
    for (const work of this.#random.pickSome(this.sent, share))
      this.#enqueue(work, this.#random.int(0, SECOND));
  }

  /** Hands back a delivered message: it is visible again in `ms`, instead of after its visibility timeout. */
  handBack(message: Message<Work>, ms: number): void {
    if (!this.#waiting.has(message)) return;
    this.#showAfter(message, ms);
    if (!this.#isTroubled() || !this.#random.chance(this.#profile.echo)) return;
    this.counts.duplicates += 1;
    this.#scheduler.runAfter(this.#random.int(0, this.#random.pick([SECOND / 10, MAX_WIRE_MS])), () => {
      void this.#deliver([message]);
    });
  }

  /** @returns whether it was still there */
  delete(message: Message<Work>): boolean {
    this.#fair?.noteDeleted(message, this.#scheduler.now);
    return this.#waiting.delete(message);
  }

  /** Sends all dead letters back to the queue. */
  redrive(): void {
    for (const message of this.#deadLetters) {
      this.counts.redriven += 1;
      this.#enqueue(message.work, this.#random.int(0, SECOND));
    }
    this.#deadLetters.clear();
  }

  #enqueue(work: Work, delayMs: number): void {
    const message = { work, receives: 0, visibleAt: 0 };
    this.#waiting.add(message);
    this.#fair?.noteSent(this.#getGroup(message));
    this.#showAfter(message, delayMs);
  }

  #showAfter(message: Message<Work>, ms: number): void {
    const visibleAt = this.#scheduler.now + ms;
    message.visibleAt = visibleAt;
    this.#scheduler.runAfter(ms, () => {
      // The message may have been deleted or hidden again since.
      if (message.visibleAt !== visibleAt || !this.#waiting.has(message)) return;
      this.#fair?.noteReturned(message, visibleAt);
      this.#poll();
    });
  }

  /** Delivers what is visible, as long as a worker is free. */
  #poll(): void {
    while (this.#workers < this.#profile.workers) {
      if (this.#areWorkersDead('silent')) return;
      const batch = this.#choose(this.#profile.batchSize);
      if (batch.length === 0) return;
      this.#receive(batch);
    }
  }

  /** Chooses the messages that are delivered next. */
  #choose(most: number): Message<Work>[] {
    const { now } = this.#scheduler;
    const fair = this.#fair;
    const visible: Message<Work>[] = [];
    for (const message of this.#waiting) {
      if (fair === undefined && visible.length === most) break;
      if (message.visibleAt <= now) visible.push(message);
    }
    return fair?.order(visible, this.#getGroup, now).slice(0, most) ?? visible;
  }

  #receive(batch: readonly Message<Work>[]): void {
    const troubled = this.#isTroubled();
    const received = batch.filter((message) => this.#countReceive(message));
    const [first] = received;
    if (first === undefined) return;
    this.counts.deliveries += received.length;
    if (this.#areWorkersDead('crashing') || (troubled && this.#random.chance(this.#profile.drop))) {
      // The worker or the poller died: no other gets the messages until they are visible again.
      this.counts.dropped += received.length;
      return;
    }
    this.#workers += 1;
    void this.#deliver(received).then(() => {
      this.#workers -= 1;
      this.#poll();
    });
    if (troubled && this.#random.chance(this.#profile.duplicate)) {
      this.counts.duplicates += 1;
      this.#scheduler.runAfter(this.#drawDuplicateMs(), () => {
        void this.#deliver([first]);
      });
    }
  }

  #areWorkersDead(kind: DeadWorkers['kind']): boolean {
    const dead = this.#deadWorkers;
    const elapsed = this.#scheduler.now - this.#start;
    return dead?.kind === kind && elapsed >= dead.from && elapsed < dead.until;
  }

  /** Draws how long after a message its duplicate comes, ms; at the extreme when a worker has ended. */
  #drawDuplicateMs(): number {
    if (this.#random.chance(this.#profile.edges))
      return FUNCTIONS.worker.timeoutMs + this.#random.int(0, MAX_WIRE_MS);
    return this.#random.int(0, this.#random.pick([SECOND, 30 * SECOND]));
  }

  #isTroubled(): boolean {
    return this.#scheduler.now - this.#start < this.#profile.troubleMs;
  }

  /** Counts a receive. @returns whether the message may be delivered; otherwise it is now a dead letter */
  #countReceive(message: Message<Work>): boolean {
    message.receives += 1;
    this.#fair?.noteDelivered(message, this.#getGroup(message), this.#scheduler.now);
    if (message.receives > MAX_RECEIVE_COUNT) {
      this.counts.deadLetters += 1;
      this.delete(message);
      this.#deadLetters.add(message);
      return false;
    }
    this.#showAfter(message, VISIBILITY_MS);
    return true;
  }
}
