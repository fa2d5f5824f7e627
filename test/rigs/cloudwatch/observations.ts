/** Collects what CloudWatch would receive from a running stack: its functions' log lines, and datapoints. */
import type { InvocationWatch } from '../../../tools/local/functions/pool.ts';
import type { LogEntry } from '../../../tools/local/logs.ts';
import { awsDatapoint } from './aws-metrics.ts';
import type { Datapoint } from './datapoint.ts';
import { datapointsOf } from './emf.ts';
import { publishRequest } from './gateway-metrics.ts';
import { lambdaMetrics } from './lambda-metrics.ts';
import type { Watching } from './watching.ts';

export class Observations {
  readonly #datapoints: Datapoint[] = [];
  /** Path of the requests whose datapoints are collected separately. */
  slowPath: string | undefined;
  readonly ofSlowRequests: Datapoint[] = [];
  /** The log lines so far, each with the name that its function has in the local stack. */
  readonly lines: { readonly functionName: string; readonly text: string }[] = [];
  /** The errors of lines whose metrics have the wrong form. */
  readonly malformed: unknown[] = [];
  /** Number of invocations that run now. */
  running = 0;

  readonly publish = (datapoint: Datapoint): void => {
    this.#datapoints.push(datapoint);
  };

  /** Returns the datapoints that were published since the last call. */
  take(): Datapoint[] {
    return this.#datapoints.splice(0);
  }

  /** Makes a watch of one function, by its physical name. */
  watch(functionName: string): InvocationWatch {
    const watch = lambdaMetrics(functionName, this.publish);
    return {
      throttled: () => {
        watch.throttled();
      },
      begin: () => {
        this.running += 1;
        const end = watch.begin();
        return (result) => {
          this.running -= 1;
          end(result);
        };
      },
    };
  }

  /** Takes an entry of the local stack's log. */
  log(entry: LogEntry, watching: Watching): void {
    if (entry.kind === 'request') {
      const slow = this.slowPath !== undefined && entry.path.includes(this.slowPath);
      publishRequest(watching.apiId, entry, slow ? (point) => this.ofSlowRequests.push(point) : this.publish);
      // The local gateway writes no access log; the length of the format is the least length of its lines.
      this.#bytes(watching.accessLogGroup, watching.accessLogFormat);
    }
    if (entry.kind !== 'function') return;
    this.lines.push(entry);
    this.#bytes(watching.logGroupOf(entry.functionName), entry.text);
    try {
      this.#datapoints.push(...datapointsOf(entry.text));
    } catch (error) {
      this.malformed.push(error);
    }
  }

  #bytes(LogGroupName: string, text: string): void {
    this.publish(awsDatapoint('AWS/Logs', 'IncomingBytes', { LogGroupName }, Buffer.byteLength(text)));
  }
}
