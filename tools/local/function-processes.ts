/** Runs the functions of a stack, the pollers of its queues and its schedules. */
import { SQSClient } from '@aws-sdk/client-sqs';
import { setTimeout as pause } from 'node:timers/promises';
import { CREDENTIALS, makeEmulatorConfig } from '../kit/emulator.ts';
import { UsageError } from '../kit/tool-errors.ts';
import type { ServiceEndpoints } from './functions/function-environment.ts';
import { combineWatches, FunctionPool, type InvocationWatch } from './functions/pool.ts';
import { type Access, getAccessKey } from './iam/access.ts';
import type { Log } from './logs.ts';
import { QueuePoller } from './queue-poller.ts';
import { ScheduleRunner } from './schedule-runner.ts';
import type { Recorder } from './status/recorder.ts';
import type { EventSource } from './template/read-event-sources.ts';
import type { LambdaFunction } from './template/read-functions.ts';
import type { Runtime } from './template/read-runtime.ts';

export interface ProcessesProps {
  readonly runtime: Runtime;
  /** Addresses of the proxies that check the functions' calls. */
  readonly endpoints: ServiceEndpoints;
  readonly access: Access;
  /** URLs by the queue's logical id. */
  readonly queueUrls: ReadonlyMap<string, string>;
  readonly log: Log;
  /** Draws after how long an invocation of a function is killed; undefined for one that is not. */
  readonly killAfterMs?: ((lambda: LambdaFunction) => number | undefined) | undefined;
  readonly recorder: Recorder;
  /** Makes a second watch for a function, beside the recorder's. */
  readonly watch?: ((lambda: LambdaFunction) => InvocationWatch) | undefined;
}

export class Processes {
  /** Pools by the logical id of their function. */
  readonly pools: ReadonlyMap<string, FunctionPool>;
  readonly schedules: ScheduleRunner;
  readonly #props: ProcessesProps;
  readonly #pollers: QueuePoller[] = [];
  readonly #clients: SQSClient[] = [];

  constructor(props: ProcessesProps) {
    this.#props = props;
    this.pools = new Map(props.runtime.functions.map((lambda) => [lambda.logicalId, this.#makePool(lambda)]));
    this.schedules = new ScheduleRunner(props.runtime.schedules, this.pools, (schedule) =>
      props.access.mayRun(schedule),
    );
  }

  /**
   * Starts to read the queues and to run the schedules.
   * @throws RefusedTemplateError for a visibility timeout shorter than the function's timeout
   */
  async start(): Promise<void> {
    for (const source of this.#props.runtime.eventSources)
      this.#pollers.push(await this.#startPoller(source));
    this.schedules.start();
  }

  /** @throws UsageError when the template has no such function */
  getPool(logicalId: string): FunctionPool {
    const pool = this.pools.get(logicalId);
    if (pool === undefined) throw new UsageError(`there is no function ${logicalId}`);
    return pool;
  }

  /** Stops pollers and schedules, and waits at most `graceMilliseconds` for the batches in progress. */
  async drain(graceMilliseconds: number): Promise<void> {
    this.schedules.stop();
    const giveUp = new AbortController();
    await Promise.race([
      Promise.all(this.#pollers.map((poller) => poller.stop())),
      pause(graceMilliseconds, undefined, { signal: giveUp.signal }).catch(() => undefined),
    ]);
    giveUp.abort();
  }

  /** Kills every function. */
  async stop(): Promise<void> {
    await Promise.all([...this.pools.values()].map((pool) => pool.stop()));
    for (const client of this.#clients) client.destroy();
  }

  /** Starts a poller that calls SQS with the role of the function, as Lambda does. */
  #startPoller(source: EventSource): Promise<QueuePoller> {
    const { endpoints, queueUrls, log } = this.#props;
    const pool = this.getPool(source.functionId);
    const credentials = { ...CREDENTIALS, accessKeyId: getAccessKey(pool.lambda) };
    const sqs = new SQSClient({ ...makeEmulatorConfig(endpoints.sqs), credentials });
    this.#clients.push(sqs);
    return QueuePoller.start({
      source,
      queueUrl: queueUrls.get(source.queue.logicalId) ?? '',
      sqs,
      pool,
      notice: (text) => {
        log({ kind: 'notice', text });
      },
    });
  }

  #makePool(lambda: LambdaFunction): FunctionPool {
    const { endpoints, killAfterMs, log, recorder, watch } = this.#props;
    const logText = (text: string) => {
      log({ kind: 'function', functionName: lambda.displayName, text });
    };
    const pool = new FunctionPool(lambda, endpoints, logText, () => killAfterMs?.(lambda));
    pool.watch = combineWatches(recorder.record(lambda.displayName), watch?.(lambda));
    return pool;
  }
}
