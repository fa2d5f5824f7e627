/**
 * Makes the port calls of a schedule: each is sent, takes effect and is answered at three different instants.
 * Between them others may act, the caller may crash, and the request or the answer may be lost.
 */
import { ThrottledError } from '../../../src/domain/errors.ts';
import type { Fate, Faults, Plan } from './faults.ts';
import type { Invocation } from './invocation.ts';
import type { Scheduler } from './scheduler.ts';

/** The error of a call without an answer, whether or not it took effect. */
class CallFailedError extends Error {
  override readonly name = 'CallFailedError';
}

/** Made once: creating an error with its stack takes longer than the rest of a step. */
const THROTTLED = new ThrottledError('throttled');
const LOST = new CallFailedError('no answer');

export interface CallObserver {
  /** Called when a call has taken effect. The next event waits for the returned promise. */
  landed(name: string, jobId: string | undefined): Promise<void> | void;
  fate(fate: Fate): void;
  trace(line: () => string): void;
}

export class Calls {
  made = 0;
  readonly #scheduler: Scheduler;
  readonly #faults: Faults;
  readonly #observer: CallObserver;

  constructor(scheduler: Scheduler, faults: Faults, observer: CallObserver) {
    this.#scheduler = scheduler;
    this.#faults = faults;
    this.#observer = observer;
  }

  /**
   * @param effect changes the store; it waits for no event
   * @param jobId the job that the call concerns, for the observer
   * @returns a promise that never settles when the caller dies first
   */
  make<T>(invocation: Invocation, name: string, effect: () => Promise<T>, jobId?: string): Promise<T> {
    this.made += 1;
    const call = this.made;
    const plan = this.#faults.plan(invocation, name, call);
    const { fate, freezeMs, backMs } = plan;
    this.#observer.fate(fate);
    this.#observer.trace(() => `#${call} ${invocation.name} ${name} ${jobId ?? ''} ${describe(plan)}`);
    return new Promise((resolve, reject) => {
      const fail = () => {
        reject(fate === 'lost' ? LOST : THROTTLED);
      };
      switch (fate) {
        case 'crash-before':
          invocation.crash();
          return;
        case 'throttled':
          invocation.after(freezeMs + backMs, fail);
          return;
        case 'lost':
          this.#land(invocation, name, plan, effect, jobId);
          invocation.after(freezeMs + backMs, fail);
          return;
        case 'crash-after':
          this.#land(invocation, name, plan, effect, jobId, () => {
            invocation.crash();
          });
          return;
        case 'answered':
          this.#land(invocation, name, plan, effect, jobId, (answer) => {
            invocation.after(backMs, () => {
              resolve(answer);
            });
          });
          return;
        case 'resent':
          this.#land(invocation, name, plan, effect, jobId, () => {
            this.#land(invocation, name, { ...plan, freezeMs: 0 }, effect, jobId, (answer) => {
              invocation.after(backMs, () => {
                resolve(answer);
              });
            });
          });
      }
    });
  }

  #land<T>(
    invocation: Invocation,
    name: string,
    { freezeMs, wireMs }: Plan,
    effect: () => Promise<T>,
    jobId: string | undefined,
    then?: (answer: Promise<T>) => void,
  ): void {
    const sentAt = this.#scheduler.now + freezeMs;
    this.#scheduler.after(freezeMs + wireMs, () => {
      // A request that was sent arrives, even if its sender has died since.
      if (!invocation.ranAt(sentAt)) return;
      const answer = effect();
      // The caller may have died: then no other code handles a rejection.
      answer.catch(() => undefined);
      then?.(answer);
      return this.#observer.landed(name, jobId);
    });
  }
}

function describe({ fate, freezeMs, wireMs, backMs }: Plan): string {
  return `${fate === 'answered' ? '' : fate} ${freezeMs}+${wireMs}+${backMs} ms`;
}
