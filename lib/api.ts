/** The HTTP API: its routes, its throttles, its access log, its custom domain and its CORS headers. */
import { Duration, Stack, Validations } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  CfnApi,
  CfnDomainName,
  CfnIntegration,
  CfnRoute,
  CfnStage,
  CorsHttpMethod,
  type CorsPreflightOptions,
  DomainName,
  EndpointType,
  HttpApi,
  HttpMethod,
  HttpRoute,
  HttpRouteKey,
  HttpStage,
  LogGroupLogDestination,
  SecurityPolicy,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { ALLOWED_HEADERS, EXPOSED_HEADERS } from '../api/header-names.ts';
import { getCustomBaseUrl } from './api-address.ts';
import type { Config } from './config.ts';
import type { Functions } from './functions/make-functions.ts';
import { GATEWAY_ROUTES, type Operation, PREFLIGHT_PATH } from '../api/routes.ts';
import { makeDefaultThrottle, makeRouteSettings } from './throttles.ts';

/**
 * The fields of the access log. There is no header, query or body among them, so no token. There is no path
 * or user agent, because API Gateway does not escape values and a client's text could break the JSON. The
 * functions log each request in more detail, under the same request id.
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

/** For how long a browser remembers an answer to a preflight: Chromium at most so long, Safari 10 minutes. */
const PREFLIGHT_LIFE = Duration.hours(2);

export interface ApiProps {
  readonly config: Config;
  readonly functions: Functions;
  readonly accessLogs: ILogGroup;
}

export class Api extends Construct {
  /** The base URL, without a slash at its end. */
  readonly url: string;
  readonly http: HttpApi;
  readonly domain: DomainName | undefined;

  constructor(scope: Construct, id: string, props: ApiProps) {
    super(scope, id);
    const { config, functions } = props;
    const { corsOrigins, basePath } = config;
    const baseUrl = getCustomBaseUrl(config);
    this.domain = makeDomain(this, config);

    const notFound = new HttpLambdaIntegration('NotFound', functions['not-found']);
    const integrations: Record<Operation, HttpLambdaIntegration> = {
      createJob: new HttpLambdaIntegration('CreateJob', functions['create-job']),
      getJob: new HttpLambdaIntegration('GetJob', functions['get-job']),
      getFieldingRuns: new HttpLambdaIntegration('GetFieldingRuns', functions['get-fielding-runs']),
    };

    const api = new HttpApi(this, 'Http', {
      apiName: Stack.of(this).stackName,
      createDefaultStage: false,
      ...(corsOrigins !== undefined && { corsPreflight: makeCors(corsOrigins) }),
      // With a domain, clients could otherwise go around what its owner puts in front of it. Without one the
      // property is set too: an update of an API leaves what it does not name as it is, and CloudFormation is
      // reported to do so for routes (https://github.com/aws/aws-cdk/pull/14424). A stack whose domain is
      // removed would have no address.
      disableExecuteApiEndpoint: this.domain !== undefined,
    });
    if (this.domain !== undefined) switchOffAfter(this.domain, api);
    const routes = GATEWAY_ROUTES.flatMap((route) =>
      api.addRoutes({
        path: route.path,
        methods: [HttpMethod[route.method]],
        integration: integrations[route.operation],
      }),
    );
    routes.push(
      new HttpRoute(this, 'CatchAll', {
        httpApi: api,
        routeKey: HttpRouteKey.DEFAULT,
        integration: notFound,
      }),
    );
    if (corsOrigins !== undefined) {
      routes.push(
        new HttpRoute(this, 'Preflight', {
          httpApi: api,
          routeKey: HttpRouteKey.with(PREFLIGHT_PATH, HttpMethod.OPTIONS),
          integration: notFound,
        }),
      );
    }
    for (const route of routes) {
      Validations.of(route).acknowledge({
        id: 'AwsSolutions-APIG4',
        reason:
          'The functions verify the tokens themselves, so that refusals have the body of the contract ' +
          '(docs/adr/0009); the catch-all routes answer 404, or a preflight, and nothing else.',
      });
    }

    const stage = new HttpStage(this, 'Stage', {
      httpApi: api,
      stageName: '$default',
      autoDeploy: true,
      throttle: makeDefaultThrottle(config),
      ...(this.domain !== undefined && {
        domainMapping: { domainName: this.domain, ...(basePath && { mappingKey: basePath.slice(1) }) },
      }),
      accessLogSettings: {
        destination: new LogGroupLogDestination(props.accessLogs),
        format: AccessLogFormat.custom(JSON.stringify(ACCESS_LOG_FIELDS)),
      },
    });
    const { defaultChild } = stage.node;
    if (!(defaultChild instanceof CfnStage)) throw new Error('the stage has no CfnStage');
    defaultChild.routeSettings = makeRouteSettings(config);
    makeOneByOne(this);
    // API Gateway refuses the settings of a route that it does not know yet.
    stage.node.addDependency(...routes);
    this.url = baseUrl ?? api.apiEndpoint;
    this.http = api;
  }
}

/**
 * Makes the custom domain, if the API has one. Its owner points DNS to it (docs/deploying.md).
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-regional-api-custom-domain-create.html
 */
function makeDomain(scope: Construct, { domainName, certificateArn }: Config): DomainName | undefined {
  if (domainName === undefined || certificateArn === undefined) return undefined;
  return new DomainName(scope, 'Domain', {
    domainName,
    certificate: Certificate.fromCertificateArn(scope, 'Certificate', certificateArn),
    endpointType: EndpointType.REGIONAL,
    // Base paths of several levels need it.
    securityPolicy: SecurityPolicy.TLS_1_2,
  });
}

/** Lets API Gateway's address be switched off after the domain was made: its certificate may be refused. */
function switchOffAfter(domain: DomainName, api: HttpApi): void {
  const [made, changed] = [domain.node.defaultChild, api.node.defaultChild];
  if (!(made instanceof CfnDomainName && changed instanceof CfnApi)) throw new Error('no resources');
  changed.addResourceDependency(made);
}

/**
 * Makes the CORS headers, which API Gateway adds to the answers of the functions:
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html. No credentials: the token is
 * a header that the page sets, and there are no cookies.
 */
function makeCors(allowOrigins: readonly string[]): CorsPreflightOptions {
  return {
    allowOrigins: [...allowOrigins],
    allowMethods: [CorsHttpMethod.GET, CorsHttpMethod.POST],
    allowHeaders: [...ALLOWED_HEADERS],
    exposeHeaders: [...EXPOSED_HEADERS],
    maxAge: PREFLIGHT_LIFE,
  };
}

/**
 * Makes the integrations and then the routes one after the other. API Gateway refuses two changes of one API
 * at a time (`ConflictException`: concurrent modification), and CloudFormation would make all routes at once:
 * https://github.com/hashicorp/terraform-provider-aws/issues/18018,
 * https://github.com/brefphp/bref/issues/868
 */
function makeOneByOne(api: Construct): void {
  const all = api.node.findAll();
  const integrations = all.filter((each) => each instanceof CfnIntegration);
  const routes = all.filter((each) => each instanceof CfnRoute);
  const sequence = [...integrations, ...routes];
  for (const [index, each] of sequence.entries()) {
    const previous = sequence[index - 1];
    if (previous !== undefined) each.addResourceDependency(previous);
  }
}
