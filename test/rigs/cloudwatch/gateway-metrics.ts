/** Publishes API Gateway's metrics, from the requests that the local gateway logs. */
import type { RequestLine } from '../../../tools/local/gateway/server.ts';
import { makeAwsDatapoint, type Publish } from './aws-metrics.ts';

/** Publishes the metrics of one request. */
export function publishRequest(apiId: string, { status, milliseconds }: RequestLine, publish: Publish): void {
  const add = (name: string, value: number) => {
    publish(makeAwsDatapoint('AWS/ApiGateway', name, { ApiId: apiId }, value));
  };
  add('Count', 1);
  add('4xx', Number(status >= 400 && status < 500));
  add('5xx', Number(status >= 500));
  add('Latency', milliseconds);
  // The local gateway adds almost nothing to the time of the functions.
  add('IntegrationLatency', milliseconds);
}
