/** What CloudWatch would have of a running stack: the lines of its functions, and everybody's datapoints. */
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
  /** Path of requests that run beside others and count for themselves. */
  slowPath: string | undefined;
  readonly ofSlowRequests: Datapoint[] = [];
  /** What the functions wrote so far, by the names that they have in the local stack. */
  readonly lines: { readonly functionName: string; readonly text: string }[] = [];
  /** Lines that say that they have metrics, and are not of the form. */
  readonly malformed: unknown[] = [];
  /** Invocations under way. */
  running = 0;

  readonly publish = (datapoint: Datapoint): void => {
    this.#datapoints.push(datapoint);
  };

  /** What was published since the last time. */
  take(): Datapoint[] {
    return this.#datapoints.splice(0);
  }

  /** A watch of one function, by its physical name. */
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

  /** Takes what the local stack logs. */
  log(entry: LogEntry, watching: Watching): void {
    if (entry.kind === 'request') {
      const slow = this.slowPath !== undefined && entry.path.includes(this.slowPath);
      publishRequest(watching.apiId, entry, slow ? (point) => this.ofSlowRequests.push(point) : this.publish);
      // The gateway here writes no access log; a line of it has the form's length at least.
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
