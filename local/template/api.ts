/** The HTTP API of a template: which route leads to which function. */
import { z } from 'zod';
import { UnsupportedTemplateError } from '../errors.ts';
import { functionByArn, type LambdaFunction } from './functions.ts';
import type { References } from './intrinsics.ts';
import { readProperties, resourcesOfType, type Template } from './template.ts';

const apiShape = z.object({ ProtocolType: z.literal('HTTP') });

const stageShape = z.object({ ApiId: z.string(), StageName: z.literal('$default') });

/** The throttle protects an account that many share: on one machine it would only slow its one user down. */
const STAGE_WITHOUT_EFFECT = [
  'AccessLogSettings',
  'AutoDeploy',
  'DefaultRouteSettings',
  'DeploymentId',
  'Description',
  'RouteSettings',
  'Tags',
];

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

export interface Route {
  /** `METHOD /path/{parameter}` or `$default` */
  readonly key: string;
  readonly functionId: string;
  readonly timeoutMilliseconds: number;
}

/** @throws UnsupportedTemplateError, for what is no HTTP API with Lambda proxies among others */
export function readRoutes(
  template: Template,
  references: References,
  functions: readonly LambdaFunction[],
): Route[] {
  const apis = resourcesOfType(template, 'AWS::ApiGatewayV2::Api');
  for (const api of apis) {
    readProperties(api, references, apiShape, ['Description', 'DisableExecuteApiEndpoint', 'Name', 'Tags']);
  }
  if (apis.length > 1) {
    throw new UnsupportedTemplateError(`${apis.length} HTTP APIs: the local stack serves one`);
  }
  for (const stage of resourcesOfType(template, 'AWS::ApiGatewayV2::Stage')) {
    readProperties(stage, references, stageShape, STAGE_WITHOUT_EFFECT);
  }
  const integrations = new Map(
    resourcesOfType(template, 'AWS::ApiGatewayV2::Integration').map((resource) => {
      const properties = readProperties(resource, references, integrationShape, ['Description']);
      const functionId = functionByArn(functions, properties.IntegrationUri, resource);
      return [resource.logicalId, { functionId, timeoutMilliseconds: properties.TimeoutInMillis }];
    }),
  );
  return resourcesOfType(template, 'AWS::ApiGatewayV2::Route').map((resource) => {
    const properties = readProperties(resource, references, routeShape, ['OperationName']);
    const integration = integrations.get(properties.Target.slice('integrations/'.length));
    if (integration === undefined) {
      throw new UnsupportedTemplateError(
        `${resource.type} ${resource.logicalId}: ${properties.Target} is no integration of this template`,
      );
    }
    return { key: properties.RouteKey, ...integration };
  });
}
