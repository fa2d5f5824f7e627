/** Reads the HTTP API of a template: its routes with their functions and throttles. */
import { z } from 'zod';
import { UnsupportedTemplateError } from '../template-errors.ts';
import { findFunctionByArn, type LambdaFunction } from './read-functions.ts';
import { type References, resolve } from './intrinsics.ts';
import { readProperties, findResources, type Template } from './template.ts';

const apiShape = z.object({ ProtocolType: z.literal('HTTP') });

const settingsShape = z
  .strictObject({
    DetailedMetricsEnabled: z.boolean().optional(),
    ThrottlingBurstLimit: z.number().optional(),
    ThrottlingRateLimit: z.number().optional(),
  })
  .transform(({ ThrottlingRateLimit: perSecond, ThrottlingBurstLimit: burst }): Throttle | undefined =>
    perSecond === undefined && burst === undefined
      ? undefined
      : { perSecond: perSecond ?? Infinity, burst: burst ?? Infinity },
  );

const stageShape = z.object({
  ApiId: z.string(),
  DefaultRouteSettings: settingsShape.optional(),
  RouteSettings: z.record(z.string(), settingsShape).default({}),
  StageName: z.literal('$default'),
});

const STAGE_WITHOUT_EFFECT = ['AccessLogSettings', 'AutoDeploy', 'DeploymentId', 'Description', 'Tags'];

const integrationShape = z.object({
  ApiId: z.string(),
  IntegrationType: z.literal('AWS_PROXY'),
  IntegrationUri: z.string(),
  PayloadFormatVersion: z.literal('2.0'),
  TimeoutInMillis: z.number().default(30_000),
});

const routeShape = z.object({
  ApiId: z.string(),
  AuthorizationType: z.literal('NONE').optional(),
  RouteKey: z.string(),
  Target: z.string().startsWith('integrations/'),
});

/** How many requests a route admits. */
export interface Throttle {
  readonly perSecond: number;
  /** The most requests at once, after a pause. */
  readonly burst: number;
}

export interface Route {
  /** `METHOD /path/{parameter}` or `$default` */
  readonly key: string;
  readonly functionId: string;
  readonly timeoutMilliseconds: number;
  /** Undefined when the route admits all requests. */
  readonly throttle?: Throttle | undefined;
}

/** @throws UnsupportedTemplateError, for example for an API other than an HTTP API with Lambda proxies */
export function readRoutes(
  template: Template,
  references: References,
  functions: readonly LambdaFunction[],
): Route[] {
  const apis = findResources(template, 'AWS::ApiGatewayV2::Api');
  for (const api of apis) {
    // CORS: read-cors.ts. The address of API Gateway: read-address.ts.
    readProperties(api, references, apiShape, [
      ...['CorsConfiguration', 'Description', 'DisableExecuteApiEndpoint', 'Name', 'Tags'],
    ]);
  }
  if (apis.length > 1) {
    throw new UnsupportedTemplateError(`${apis.length} HTTP APIs: the local stack serves one`);
  }
  const throttleOf = readThrottles(template, references);
  const integrations = new Map(
    findResources(template, 'AWS::ApiGatewayV2::Integration').map((resource) => {
      const properties = readProperties(resource, references, integrationShape, ['Description']);
      const functionId = findFunctionByArn(functions, properties.IntegrationUri, resource);
      return [resource.logicalId, { functionId, timeoutMilliseconds: properties.TimeoutInMillis }];
    }),
  );
  return findResources(template, 'AWS::ApiGatewayV2::Route').map((resource) => {
    const properties = readProperties(resource, references, routeShape, ['OperationName']);
    const integration = integrations.get(properties.Target.slice('integrations/'.length));
    if (integration === undefined) {
      throw new UnsupportedTemplateError(
        `${resource.type} ${resource.logicalId}: ${properties.Target} is no integration of this template`,
      );
    }
    return {
      key: properties.RouteKey,
      ...integration,
      throttle: throttleOf(properties.RouteKey),
    };
  });
}

/**
 * Returns a function that finds the throttle of a route. A route's own settings replace all default settings.
 * @throws UnsupportedTemplateError for settings of a missing route, which API Gateway refuses too
 */
function readThrottles(
  template: Template,
  references: References,
): (routeKey: string) => Throttle | undefined {
  const keys = findResources(template, 'AWS::ApiGatewayV2::Route').map(({ properties }) =>
    resolve(properties['RouteKey'], references),
  );
  const [stage, ...others] = findResources(template, 'AWS::ApiGatewayV2::Stage').map((resource) => {
    const properties = readProperties(resource, references, stageShape, STAGE_WITHOUT_EFFECT);
    for (const key of Object.keys(properties.RouteSettings)) {
      if (keys.includes(key)) continue;
      throw new UnsupportedTemplateError(
        `${resource.type} ${resource.logicalId}: RouteSettings name the route ${key}, which does not exist`,
      );
    }
    return properties;
  });
  if (others.length > 0) {
    throw new UnsupportedTemplateError(`${others.length + 1} stages: the local stack serves one`);
  }
  return (key) =>
    stage !== undefined && key in stage.RouteSettings
      ? stage.RouteSettings[key]
      : stage?.DefaultRouteSettings;
}
