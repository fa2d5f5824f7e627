/**
 * Makes the port calls of a schedule: each is sent, takes effect and is answered at three different instants.
 * Between them others may act, the caller may crash, and the request or the answer may be lost.
 */
import { ThrottledError } from '../../../src/domain/errors.ts';
import type { Fate, Faults, CallPlan } from './call-faults.ts';
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
  onEffect(name: string, jobId: string | undefined): Promise<void> | void;
  onFate(fate: Fate): void;
  trace(line: () => string): void;
}

export interface CallOptions {
  /** The job that the call concerns, for the observer. */
  readonly jobId?: string | undefined;
  /** Called when the call is sent and gets no answer. @param arrivesInMs when it takes effect */
  readonly onLost?: (arrivesInMs: number) => void;
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
   * @returns a promise that never settles when the caller dies first
   */
  makeCall<T>(
    invocation: Invocation,
    name: string,
    effect: () => Promise<T>,
    { jobId, onLost }: CallOptions = {},
  ): Promise<T> {
    this.made += 1;
    const call = this.made;
    const plan = this.#faults.planCall(invocation, name, call);
    const { fate, freezeMs, wireMs, backMs } = plan;
    this.#observer.onFate(fate);
    this.#observer.trace(() => `#${call} ${invocation.name} ${name} ${jobId ?? ''} ${describePlan(plan)}`);
    return new Promise((resolve, reject) => {
      const fail = () => {
        reject(fate === 'lost' ? LOST : THROTTLED);
      };
      switch (fate) {
        case 'crash-before':
          invocation.crash();
          return;
        case 'throttled':
          invocation.runAfter(freezeMs + backMs, fail);
          return;
        case 'lost':
          this.#takeEffect(invocation, name, plan, effect, jobId);
          onLost?.(freezeMs + wireMs);
          invocation.runAfter(freezeMs + backMs, fail);
          return;
        case 'crash-after':
          this.#takeEffect(invocation, name, plan, effect, jobId, () => {
            invocation.crash();
          });
          return;
        case 'answered':
          this.#takeEffect(invocation, name, plan, effect, jobId, (answer) => {
            invocation.runAfter(backMs, () => {
              resolve(answer);
            });
          });
          return;
        case 'overtaken':
          this.#takeEffect(invocation, name, { ...plan, wireMs: plan.lateMs }, effect, jobId);
          this.#takeEffect(invocation, name, plan, effect, jobId, (answer) => {
            invocation.runAfter(backMs, () => {
              resolve(answer);
            });
          });
          return;
        case 'resent':
          this.#takeEffect(invocation, name, plan, effect, jobId, () => {
            this.#takeEffect(invocation, name, { ...plan, freezeMs: 0 }, effect, jobId, (answer) => {
              invocation.runAfter(backMs, () => {
                resolve(answer);
              });
            });
          });
      }
    });
  }

  #takeEffect<T>(
    invocation: Invocation,
    name: string,
    { freezeMs, wireMs }: CallPlan,
    effect: () => Promise<T>,
    jobId: string | undefined,
    then?: (answer: Promise<T>) => void,
  ): void {
    const sentAt = this.#scheduler.now + freezeMs;
    this.#scheduler.runAfter(freezeMs + wireMs, () => {
      // A request that was sent arrives, even if its sender has died since.
      if (!invocation.wasRunningAt(sentAt)) return;
      const answer = effect();
      // The caller may have died: then no other code handles a rejection.
      answer.catch(() => undefined);
      then?.(answer);
      return this.#observer.onEffect(name, jobId);
    });
  }
}

function describePlan({ fate, freezeMs, wireMs, backMs }: CallPlan): string {
  return `${fate === 'answered' ? '' : fate} ${freezeMs}+${wireMs}+${backMs} ms`;
}
