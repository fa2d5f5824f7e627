/** What runs once tables and queues are there: the functions, the readers of queues, the clock. */
import { SQSClient } from '@aws-sdk/client-sqs';
import { setTimeout as pause } from 'node:timers/promises';
import { CREDENTIALS, emulatorAt } from '../kit/emulator.ts';
import { UsageError } from '../kit/errors.ts';
import type { ServiceEndpoints } from './functions/environment.ts';
import { bothWatches, FunctionPool, type InvocationWatch } from './functions/pool.ts';
import { type Access, accessKeyOf } from './iam/access.ts';
import type { Log } from './logs.ts';
import { QueuePoller } from './queue-poller.ts';
import { Schedules } from './schedules.ts';
import type { Recorder } from './status/recorder.ts';
import type { EventSource } from './template/event-sources.ts';
import type { LambdaFunction } from './template/functions.ts';
import type { Runtime } from './template/runtime.ts';

export interface ProcessesProps {
  readonly runtime: Runtime;
  /** The doors, where every call is checked. */
  readonly endpoints: ServiceEndpoints;
  readonly access: Access;
  /** By logical id. */
  readonly queueUrls: ReadonlyMap<string, string>;
  readonly log: Log;
  /** Share of all invocations that are killed, 0 to 1. */
  readonly killShare: number;
  readonly recorder: Recorder;
  /** Beside the recorder. */
  readonly watch?: ((lambda: LambdaFunction) => InvocationWatch) | undefined;
}

export class Processes {
  /** By the logical id of their function. */
  readonly pools: ReadonlyMap<string, FunctionPool>;
  readonly schedules: Schedules;
  private readonly props: ProcessesProps;
  private readonly pollers: QueuePoller[] = [];
  private readonly clients: SQSClient[] = [];

  constructor(props: ProcessesProps) {
    this.props = props;
    this.pools = new Map(props.runtime.functions.map((lambda) => [lambda.logicalId, this.poolOf(lambda)]));
    this.schedules = new Schedules(props.runtime.schedules, this.pools, (schedule) =>
      props.access.mayRun(schedule),
    );
  }

  /**
   * Starts to read the queues and to run the schedules.
   * @throws RefusedTemplateError for a queue that AWS would not let a function read
   */
  async start(): Promise<void> {
    for (const source of this.props.runtime.eventSources) this.pollers.push(await this.pollerOf(source));
    this.schedules.start();
  }

  /** @throws UsageError when the template has no such function */
  pool(logicalId: string): FunctionPool {
    const pool = this.pools.get(logicalId);
    if (pool === undefined) throw new UsageError(`there is no function ${logicalId}`);
    return pool;
  }

  /** Takes no more messages and starts no more runs; waits for the batches under way, at most so long. */
  async drain(graceMilliseconds: number): Promise<void> {
    this.schedules.stop();
    const giveUp = new AbortController();
    await Promise.race([
      Promise.all(this.pollers.map((poller) => poller.stop())),
      pause(graceMilliseconds, undefined, { signal: giveUp.signal }).catch(() => undefined),
    ]);
    giveUp.abort();
  }

  /** Kills every function. */
  async stop(): Promise<void> {
    await Promise.all([...this.pools.values()].map((pool) => pool.stop()));
    for (const client of this.clients) client.destroy();
  }

  /** Lambda reads a queue with the role of the function that it reads it for. */
  private pollerOf(source: EventSource): Promise<QueuePoller> {
    const { endpoints, queueUrls, log } = this.props;
    const pool = this.pool(source.functionId);
    const credentials = { ...CREDENTIALS, accessKeyId: accessKeyOf(pool.lambda) };
    const sqs = new SQSClient({ ...emulatorAt(endpoints.sqs), credentials });
    this.clients.push(sqs);
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

  private poolOf(lambda: LambdaFunction): FunctionPool {
    const { endpoints, killShare, log, recorder, watch } = this.props;
    const logText = (text: string) => {
      log({ kind: 'function', functionName: lambda.displayName, text });
    };
    const pool = new FunctionPool(lambda, endpoints, logText, killShare);
    pool.watch = bothWatches(recorder.record(lambda.displayName), watch?.(lambda));
    return pool;
  }
}
