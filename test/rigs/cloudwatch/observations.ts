/** Collects what CloudWatch would receive from a running stack: its functions' log lines, and datapoints. */
import type { InvocationWatch } from '../../../tools/local/functions/pool.ts';
import type { LogEntry } from '../../../tools/local/logs.ts';
import { makeAwsDatapoint } from './aws-metrics.ts';
import { type Datapoint, makeMetricName } from './datapoint.ts';
import { readDatapoints } from './read-embedded-metrics.ts';
import { publishRequest } from './gateway-metrics.ts';
import { watchInvocations } from './lambda-metrics.ts';
import type { WatchedResources } from './watched-resources.ts';

export class Observations {
  readonly #datapoints: Datapoint[] = [];
  /** Path of the requests whose datapoints are collected separately. */
  slowPath: string | undefined;
  readonly slowRequestDatapoints: Datapoint[] = [];
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
  takeDatapoints(): Datapoint[] {
    return this.#datapoints.splice(0);
  }

  /** Whether a datapoint of a metric was published since the last call of `takeDatapoints`. */
  hasPublished(metric: string): boolean {
    return this.#datapoints.some((datapoint) => makeMetricName(datapoint) === metric);
  }

  /** Makes a watch of one function, by its physical name. */
  watchFunction(functionName: string): InvocationWatch {
    const watch = watchInvocations(functionName, this.publish);
    return {
      onThrottled: () => {
        watch.onThrottled();
      },
      begin: () => {
        this.running += 1;
        this.publish(makeAwsDatapoint('AWS/Lambda', 'ClaimedAccountConcurrency', {}, this.running));
        const end = watch.begin();
        return (result) => {
          this.running -= 1;
          end(result);
        };
      },
    };
  }

  /** Takes an entry of the local stack's log. */
  addEntry(entry: LogEntry, watching: WatchedResources): void {
    if (entry.kind === 'request') {
      const slow = this.slowPath !== undefined && entry.path.includes(this.slowPath);
      publishRequest(
        watching.apiId,
        entry,
        slow ? (point) => this.slowRequestDatapoints.push(point) : this.publish,
      );
      // The local gateway writes no access log; the length of the format is the least length of its lines.
      this.#publishBytes(watching.accessLogGroup, watching.accessLogFormat);
    }
    if (entry.kind !== 'function') return;
    this.lines.push(entry);
    this.#publishBytes(watching.findLogGroup(entry.functionName), entry.text);
    try {
      this.#datapoints.push(...readDatapoints(entry.text));
    } catch (error) {
      this.malformed.push(error);
    }
  }

  #publishBytes(LogGroupName: string, text: string): void {
    this.publish(makeAwsDatapoint('AWS/Logs', 'IncomingBytes', { LogGroupName }, Buffer.byteLength(text)));
  }
}
