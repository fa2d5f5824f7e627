/** The variables of Lambda by which the Tracer knows that it runs there, and what it records. */

/** Lambda's own trace of the invocations of a test. */
export const LAMBDA_TRACE = 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8';

/** @param daemonAddress where segments are sent, `host:port` */
export function setLambdaEnvironment(functionName: string, daemonAddress: string): void {
  Object.assign(process.env, {
    AWS_LAMBDA_FUNCTION_NAME: functionName,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_XRAY_DAEMON_ADDRESS: daemonAddress,
    LAMBDA_TASK_ROOT: '/var/task',
    POWERTOOLS_SERVICE_NAME: 'fielding-jobs',
    _HANDLER: 'index.handler',
  });
}

/** Makes the next invocations such that Lambda samples, or not. */
export function setSampled(isSampled: boolean): void {
  process.env['_X_AMZN_TRACE_ID'] = `${LAMBDA_TRACE};Sampled=${isSampled ? '1' : '0'}`;
}
