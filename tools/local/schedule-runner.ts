/** Runs functions at fixed intervals, as EventBridge Scheduler does. */
import { randomUUID } from 'node:crypto';
import { REGION } from '../kit/emulator.ts';
import { ACCOUNT_ID } from './cloud.ts';
import type { InvocationResult } from './functions/messages.ts';
import type { Invoker } from './functions/pool.ts';
import type { Schedule } from './template/read-schedules.ts';

export interface ScheduledRun {
  readonly schedule: string;
  readonly functionId: string;
  readonly result: InvocationResult;
}

const DENIED: InvocationResult = {
  ok: false,
  error: {
    errorType: 'AccessDeniedException',
    errorMessage: 'The role of the schedule may not run the function.',
    trace: [],
  },
};

export class ScheduleRunner {
  readonly #schedules: readonly Schedule[];
  readonly #functions: ReadonlyMap<string, Invoker>;
  readonly #mayRun: (schedule: Schedule) => boolean;
  readonly #timers: NodeJS.Timeout[] = [];

  /**
   * @param functions by logical id
   * @param mayRun returns whether the role of a schedule allows it to run its function
   */
  constructor(
    schedules: readonly Schedule[],
    functions: ReadonlyMap<string, Invoker>,
    mayRun: (schedule: Schedule) => boolean,
  ) {
    this.#schedules = schedules;
    this.#functions = functions;
    this.#mayRun = mayRun;
  }

  /** Starts the timers. The next run starts on time even while the last one is still in progress. */
  start(): void {
    for (const schedule of this.#schedules) {
      this.#timers.push(setInterval(() => void this.#run(schedule), schedule.everySeconds * 1_000));
    }
  }

  /** Runs every schedule now; resolves when all have finished. */
  runAll(): Promise<ScheduledRun[]> {
    return Promise.all(this.#schedules.map((schedule) => this.#run(schedule)));
  }

  /** Starts no more runs. */
  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }

  async #run(schedule: Schedule): Promise<ScheduledRun> {
    const lambda = this.#functions.get(schedule.functionId);
    if (lambda === undefined) throw new Error(`no function ${schedule.functionId}`);
    const result = this.#mayRun(schedule) ? await lambda.invoke(makeEvent(schedule)) : DENIED;
    return { schedule: schedule.logicalId, functionId: schedule.functionId, result };
  }
}

/**
 * Makes the event of one run as JSON: the schedule's input with its context attributes, or the default event.
 * Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
 */
function makeEvent({ arn, input }: Schedule): string {
  const time = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  const id = randomUUID();
  if (input !== undefined) {
    return input
      .replaceAll('<aws.scheduler.schedule-arn>', arn)
      .replaceAll('<aws.scheduler.scheduled-time>', time)
      .replaceAll('<aws.scheduler.execution-id>', id)
      .replaceAll('<aws.scheduler.attempt-number>', '1');
  }
  return JSON.stringify({
    version: '0',
    id,
    'detail-type': 'Scheduled Event',
    source: 'aws.scheduler',
    account: ACCOUNT_ID,
    time,
    region: REGION,
    resources: [arn],
    detail: '{}',
  });
}
