/** API Gateway's metrics, of the requests that the local gateway logs. */
import type { RequestLine } from '../../../tools/local/gateway/server.ts';
import { awsDatapoint, type Publish } from './aws-metrics.ts';

/** Publishes what one request adds. */
export function publishRequest(apiId: string, { status, milliseconds }: RequestLine, publish: Publish): void {
  const add = (name: string, value: number) => {
    publish(awsDatapoint('AWS/ApiGateway', name, { ApiId: apiId }, value));
  };
  add('Count', 1);
  add('4xx', Number(status >= 400 && status < 500));
  add('5xx', Number(status >= 500));
  add('Latency', milliseconds);
  // The gateway here adds next to nothing to what its functions take.
  add('IntegrationLatency', milliseconds);
}
