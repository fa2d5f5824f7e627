/** Publishes Lambda's metrics, from the invocations that the local stack's function pools report. */
import type { InvocationWatch } from '../../../tools/local/functions/pool.ts';
import { makeAwsDatapoint, type Publish } from './aws-metrics.ts';

/** Makes a watch that publishes the metrics of one function. */
export function watchInvocations(functionName: string, publish: Publish): InvocationWatch {
  const add = (name: string, value: number) => {
    publish(makeAwsDatapoint('AWS/Lambda', name, { FunctionName: functionName }, value));
  };
  let running = 0;
  return {
    onThrottled: () => {
      add('Throttles', 1);
    },
    begin: () => {
      const began = performance.now();
      running += 1;
      add('ConcurrentExecutions', running);
      return ({ ok }) => {
        running -= 1;
        add('Invocations', 1);
        add('Errors', ok ? 0 : 1);
        add('Throttles', 0);
        add('Duration', performance.now() - began);
      };
    },
  };
}
