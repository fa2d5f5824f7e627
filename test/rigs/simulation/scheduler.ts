/**
 * Runs events in virtual time, one after the other: the code that an event resumes runs until it waits for a
 * later event. Nothing else decides the order, so a seed replays to the same trace.
 */

interface Event {
  readonly at: number;
  /** Events of one instant run in the order in which they were planned. */
  readonly order: number;
  readonly run: () => Promise<void> | void;
}

export class Scheduler {
  /** The true time, epoch ms. Functions read it through clocks that may be wrong. */
  now: number;
  steps = 0;
  #planned = 0;
  #stopped = false;
  /** A binary heap; its first element is the next event. */
  readonly #heap: Event[] = [];

  constructor(start: number) {
    this.now = start;
  }

  /** Plans an event, `delay` ms (0 or more) from now. */
  runAfter(delay: number, run: () => Promise<void> | void): void {
    this.#planned += 1;
    const event = { at: this.now + delay, order: this.#planned, run };
    const heap = this.#heap;
    let i = heap.push(event) - 1;
    while (i > 0) {
      const up = (i - 1) >> 1;
      const parent = heap[up];
      if (parent === undefined || comesBefore(parent, event)) break;
      heap[i] = parent;
      i = up;
    }
    heap[i] = event;
  }

  /** Stops before the next event. */
  stop(): void {
    this.#stopped = true;
  }

  /** Runs events until none is left or `stop` was called. */
  async run(): Promise<void> {
    for (let event = this.#take(); event !== undefined && !this.#stopped; event = this.#take()) {
      this.now = event.at;
      this.steps += 1;
      const done = event.run();
      if (done !== undefined) await done;
      await waitUntilIdle();
    }
  }

  #take(): Event | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || first === last) return first;
    let i = 0;
    for (;;) {
      let down = 2 * i + 1;
      let child = heap[down];
      if (child === undefined) break;
      const right = heap[down + 1];
      if (right !== undefined && comesBefore(right, child)) {
        down += 1;
        child = right;
      }
      if (comesBefore(last, child)) break;
      heap[i] = child;
      i = down;
    }
    heap[i] = last;
    return first;
  }
}

function comesBefore(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

/**
 * Waits until all running code has reached its next port call. Node.js runs a tick once no microtask is left,
 * and simulated code waits only for microtasks and the scheduler.
 */
function waitUntilIdle(): Promise<void> {
  return new Promise((resolve) => {
    process.nextTick(resolve);
  });
}
