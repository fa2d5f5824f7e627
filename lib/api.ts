/** The HTTP API: its routes, its throttle and its access log. */
import { Stack } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  HttpApi,
  HttpMethod,
  HttpRoute,
  HttpRouteKey,
  HttpStage,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Functions } from './functions.ts';
import { ROUTES } from './routes.ts';

/**
 * Requests a second over all routes: some hundred clients that poll their jobs, far below the 10,000 that an
 * account shares, and at 50 ms a request about 25 functions at a time of the 1,000 that an account shares.
 */
const RATE_LIMIT = 500;

/** Twice the rate: a client that starts its jobs all at once is not refused. */
const BURST_LIMIT = 1_000;

/**
 * What is logged of each request: no header, no query and no body, so no token. No path or user agent either:
 * the gateway does not escape values, so text that a client chooses could break out of the JSON. The
 * functions log what was asked of them, under the same request id.
 */
const ACCESS_LOG_FIELDS = {
  requestId: '$context.requestId',
  requestTime: '$context.requestTime',
  sourceIp: '$context.identity.sourceIp',
  routeKey: '$context.routeKey',
  httpMethod: '$context.httpMethod',
  protocol: '$context.protocol',
  status: '$context.status',
  errorResponseType: '$context.error.responseType',
  responseLength: '$context.responseLength',
  responseLatency: '$context.responseLatency',
  integrationLatency: '$context.integrationLatency',
  integrationRequestId: '$context.integration.requestId',
  integrationStatus: '$context.integration.integrationStatus',
};

export interface ApiProps {
  readonly functions: Functions;
  readonly accessLogs: ILogGroup;
}

export class Api extends Construct {
  /** Base URL, without a slash at its end. */
  readonly url: string;

  constructor(scope: Construct, id: string, props: ApiProps) {
    super(scope, id);
    const { functions } = props;

    const notFound = new HttpLambdaIntegration('NotFound', functions.notFound);
    const integrations = {
      'create-job': new HttpLambdaIntegration('CreateJob', functions.createJob),
      'get-job': new HttpLambdaIntegration('GetJob', functions.getJob),
      'get-fielding-runs': new HttpLambdaIntegration('GetFieldingRuns', functions.getFieldingRuns),
    };

    const api = new HttpApi(this, 'Http', { apiName: Stack.of(this).stackName, createDefaultStage: false });
    for (const route of ROUTES) {
      api.addRoutes({
        path: route.path,
        methods: [HttpMethod[route.method]],
        integration: integrations[route.function],
      });
    }
    new HttpRoute(this, 'CatchAll', { httpApi: api, routeKey: HttpRouteKey.DEFAULT, integration: notFound });

    new HttpStage(this, 'Stage', {
      httpApi: api,
      stageName: '$default',
      autoDeploy: true,
      throttle: { rateLimit: RATE_LIMIT, burstLimit: BURST_LIMIT },
      accessLogSettings: {
        destination: new LogGroupLogDestination(props.accessLogs),
        format: AccessLogFormat.custom(JSON.stringify(ACCESS_LOG_FIELDS)),
      },
    });
    this.url = api.apiEndpoint;
  }
}
