/**
 * Tracing to AWS X-Ray, all of it: Powertools' Tracer stands on the X-Ray SDK, whose support ends in February
 * 2027. Whatever follows it replaces this one file.
 */
import { Tracer } from '@aws-lambda-powertools/tracer';
import { captureLambdaHandler } from '@aws-lambda-powertools/tracer/middleware';

// Bodies are not recorded, nor plain HTTP calls: the AWS calls are what a trace is read for.
const tracer = new Tracer({ captureHTTPsRequests: false });

/** Makes the calls of an AWS client part of the trace. */
export function traced<T>(client: T): T {
  return tracer.captureAWSv3Client(client);
}

/** Opens and closes the segment of an invocation. */
export function traceInvocation() {
  return captureLambdaHandler(tracer, { captureResponse: false });
}

/** Makes the current trace findable by the job's id. */
export function annotateJob(jobId: string): void {
  if (tracer.isTracingEnabled()) tracer.putAnnotation('job_id', jobId);
}
