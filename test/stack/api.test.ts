/**
 * Tests the HTTP API of the template: its routes, their functions, its throttles, its access log, its custom
 * domain and its CORS headers.
 */
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { REGION } from '../../tools/kit/emulator.ts';
import { synthesizeTemplate } from './readable-template.ts';

const PROJECT = '/accounts/{account_id}/projects/{project_id}';
const JOBS = `${PROJECT}/batch-jobs/{collection}`;
const RUNS = `${PROJECT}/target-groups/{target_group_id}/fielding-runs`;

/** The routes, with the function behind each. Every one but the last has settings in the stage. */
const EXPECTED: Record<string, string> = {
  [`POST /demand${JOBS}`]: 'CreateJob',
  [`GET /demand${JOBS}/{job_id}`]: 'GetJob',
  [`GET /demand${RUNS}`]: 'GetFieldingRuns',
  [`POST /v1/demand${JOBS}`]: 'CreateJob',
  [`GET /v1/demand${JOBS}/{job_id}`]: 'GetJob',
  [`GET /v1/demand${RUNS}`]: 'GetFieldingRuns',
  $default: 'NotFound',
};

const routeSchema = z.object({
  ApiId: z.literal('${ApiHttp}'),
  AuthorizationType: z.literal('NONE'),
  RouteKey: z.string(),
  Target: z.string().transform((target) => target.replace(/^integrations\/\$\{(.*)\}$/, '$1')),
});
const integrationSchema = z.object({
  ApiId: z.literal('${ApiHttp}'),
  IntegrationType: z.literal('AWS_PROXY'),
  PayloadFormatVersion: z.literal('2.0'),
  IntegrationUri: z.string(),
});
const permissionSchema = z.strictObject({
  Action: z.literal('lambda:InvokeFunction'),
  Principal: z.literal('apigateway.amazonaws.com'),
  FunctionName: z.string(),
  SourceArn: z.string(),
});
const environmentSchema = z.object({
  Environment: z.object({ Variables: z.record(z.string(), z.unknown()) }),
});
const stageSchema = z.object({ AccessLogSettings: z.object({ Format: z.string() }) });

describe('API', () => {
  const template = synthesizeTemplate();

  test('serves exactly these routes, each by its function', () => {
    const routes = Object.values(template.findByType('AWS::ApiGatewayV2::Route')).map(({ Properties }) => {
      const { RouteKey, Target } = routeSchema.parse(Properties);
      const { IntegrationUri } = integrationSchema.parse(template.readProperties(Target));
      return [RouteKey, IntegrationUri];
    });
    expect(routes).toHaveLength(Object.keys(EXPECTED).length);
    expect(Object.fromEntries(routes)).toEqual(
      Object.fromEntries(Object.entries(EXPECTED).map(([key, name]) => [key, `\${Functions${name}.Arn}`])),
    );
  });

  test('may call each function for its own routes only', () => {
    const permissions = Object.values(template.findByType('AWS::Lambda::Permission')).map(
      ({ Properties }) => {
        const { FunctionName, SourceArn } = permissionSchema.parse(Properties);
        return `${FunctionName} ${SourceArn}`;
      },
    );
    const api = 'arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${ApiHttp}/*/*';
    const expected = Object.entries(EXPECTED).map(([key, name]) => {
      const path = key === '$default' ? '' : key.replace(/^\w+ /, '');
      return `\${Functions${name}.Arn} ${api}${path}`;
    });
    expect(permissions.sort()).toEqual(expected.sort());
  });

  test('has one stage, at the root, with a default throttle', () => {
    expect(Object.keys(template.findByType('AWS::ApiGatewayV2::Stage'))).toEqual(['ApiStage']);
    expect(template.readProperties('ApiStage')).toMatchObject({
      StageName: '$default',
      AutoDeploy: true,
      DefaultRouteSettings: { ThrottlingRateLimit: 50, ThrottlingBurstLimit: 100 },
      AccessLogSettings: { DestinationArn: '${ObservabilityAccessLogs.Arn}' },
    });
  });

  test('logs each request as JSON, with no text that a client wrote', () => {
    const { AccessLogSettings } = stageSchema.parse(template.readProperties('ApiStage'));
    const format = z.record(z.string(), z.string()).parse(JSON.parse(AccessLogSettings.Format));
    expect(Object.values(format).sort()).toEqual([
      '$context.error.responseType',
      '$context.httpMethod',
      '$context.identity.sourceIp',
      '$context.integration.integrationStatus',
      '$context.integration.requestId',
      '$context.integrationLatency',
      '$context.protocol',
      '$context.requestId',
      '$context.requestTime',
      '$context.responseLatency',
      '$context.responseLength',
      '$context.routeKey',
      '$context.status',
    ]);
  });
});

describe('throttles', () => {
  test('give each known route its own limits, which are lower where jobs are created', () => {
    const { RouteSettings } = synthesizeTemplate().readProperties('ApiStage');
    const expected = Object.keys(EXPECTED)
      .filter((key) => key !== '$default')
      .map((key) => [
        key,
        key.startsWith('POST ')
          ? { ThrottlingRateLimit: 20, ThrottlingBurstLimit: 40 }
          : { ThrottlingRateLimit: 50, ThrottlingBurstLimit: 100 },
      ]);
    expect(RouteSettings).toEqual(Object.fromEntries(expected));
  });

  test('are configurable', () => {
    const stage = synthesizeTemplate({
      createRateLimit: '7',
      createBurstLimit: '8',
      readRateLimit: '70',
      readBurstLimit: '80',
    }).readProperties('ApiStage');
    expect(stage['DefaultRouteSettings']).toEqual({ ThrottlingRateLimit: 70, ThrottlingBurstLimit: 80 });
    expect(stage['RouteSettings']).toMatchObject({
      [`POST /demand${JOBS}`]: { ThrottlingRateLimit: 7, ThrottlingBurstLimit: 8 },
      [`GET /demand${RUNS}`]: { ThrottlingRateLimit: 70, ThrottlingBurstLimit: 80 },
    });
  });

  test('are set after the routes, because API Gateway refuses settings of a route that does not exist', () => {
    const template = synthesizeTemplate();
    const { DependsOn } = z.object({ DependsOn: z.array(z.string()) }).parse(template.resources['ApiStage']);
    const routes = Object.keys(template.findByType('AWS::ApiGatewayV2::Route'));
    expect(routes.filter((id) => !DependsOn.includes(id))).toEqual([]);
  });

  // API Gateway keeps the settings of a removed route, and then refuses every change of the stage (ADR 35).
  test('are of routes that will never be removed: those that were published are all there', () => {
    const { RouteSettings } = z
      .object({ RouteSettings: z.record(z.string(), z.unknown()) })
      .parse(synthesizeTemplate().readProperties('ApiStage'));
    const published = Object.keys(EXPECTED).filter((key) => key !== '$default');
    expect(Object.keys(RouteSettings)).toEqual(expect.arrayContaining(published));
  });
});

// https://github.com/hashicorp/terraform-provider-aws/issues/18018
test('integrations and routes are made one after the other, and removed so', () => {
  const { resources } = synthesizeTemplate();
  const isOneOfThem = (id: string) =>
    /^AWS::ApiGatewayV2::(?:Integration|Route)$/.test(resources[id]?.Type ?? '');
  const ids = Object.keys(resources).filter(isOneOfThem);
  const previous = ids.map((id) => (resources[id]?.DependsOn ?? []).filter(isOneOfThem));
  expect(ids).toHaveLength(4 + 7);
  // One has none before it, and every other one has one that no other has.
  expect(previous.map(({ length }) => length).sort()).toEqual([0, ...Array.from({ length: 10 }, () => 1)]);
  expect(new Set(previous.flat()).size).toBe(10);
});

describe('a custom domain', () => {
  const certificateArn = `arn:aws:acm:${REGION}:123456789012:certificate/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0`;
  const context = { domainName: 'api.example.com', certificateArn, region: REGION };

  test('is served with its certificate, and is the only address', () => {
    const template = synthesizeTemplate({ ...context, basePath: '/bulk/jobs' });
    expect(template.readProperties('ApiDomain')).toEqual({
      DomainName: 'api.example.com',
      DomainNameConfigurations: [
        { CertificateArn: certificateArn, EndpointType: 'REGIONAL', SecurityPolicy: 'TLS_1_2' },
      ],
    });
    const mappings = Object.values(template.findByType('AWS::ApiGatewayV2::ApiMapping'));
    expect(mappings.map(({ Properties }) => Properties)).toEqual([
      { ApiId: '${ApiHttp}', ApiMappingKey: 'bulk/jobs', DomainName: '${ApiDomain}', Stage: '$default' },
    ]);
    expect(mappings[0]?.DependsOn).toContain('ApiStage');
    expect(template.readProperties('ApiHttp')['DisableExecuteApiEndpoint']).toBe(true);
    const { ApiUrl, DomainTarget, DomainTargetZoneId } = template.outputs;
    expect([ApiUrl, DomainTarget, DomainTargetZoneId].map((output) => output?.Value)).toEqual([
      'https://api.example.com/bulk/jobs',
      '${ApiDomain.RegionalDomainName}',
      '${ApiDomain.RegionalHostedZoneId}',
    ]);
  });

  test('exists before the other address is switched off, which a certificate that fails then leaves on', () => {
    expect(synthesizeTemplate(context).resources['ApiHttp']?.DependsOn).toEqual(['ApiDomain']);
  });

  test('is told to create-job alone, which makes Location of it', () => {
    const readBaseUrls = (more: object) =>
      Object.entries(synthesizeTemplate({ ...context, ...more }).findByType('AWS::Lambda::Function')).flatMap(
        ([id, { Properties }]) => {
          const { Environment } = environmentSchema.parse(Properties);
          return 'BASE_URL' in Environment.Variables ? [[id, Environment.Variables['BASE_URL']]] : [];
        },
      );
    expect(readBaseUrls({})).toEqual([['FunctionsCreateJob', 'https://api.example.com']]);
    expect(readBaseUrls({ basePath: '/jobs' })).toEqual([
      ['FunctionsCreateJob', 'https://api.example.com/jobs'],
    ]);
  });

  test('has the API at its root without a base path', () => {
    const [mapping] = Object.values(synthesizeTemplate(context).findByType('AWS::ApiGatewayV2::ApiMapping'));
    expect(mapping?.Properties).not.toHaveProperty('ApiMappingKey');
  });

  test('is not there by default', () => {
    const template = synthesizeTemplate();
    expect(JSON.stringify(template.resources)).not.toMatch(/DomainName|BASE_URL|Cors/);
  });

  // An update of an API leaves what it does not name.
  test('leaves no address switched off when it is removed', () => {
    expect(synthesizeTemplate().readProperties('ApiHttp')['DisableExecuteApiEndpoint']).toBe(false);
  });
});

describe('pages of other origins', () => {
  const origins = ['https://app.example.com', 'http://localhost:5173'];
  const template = synthesizeTemplate({ corsOrigins: origins });

  test('may send and read the headers of the contract, without credentials', () => {
    expect(template.readProperties('ApiHttp')['CorsConfiguration']).toEqual({
      AllowOrigins: origins,
      AllowMethods: ['GET', 'POST'],
      AllowHeaders: [
        ...[
          'authorization',
          'content-type',
          'idempotency-key',
          'cint-api-version',
          'traceparent',
          'tracestate',
        ],
      ],
      ExposeHeaders: ['location', 'idempotent-replayed', 'x-job-progress', 'traceparent', 'retry-after'],
      MaxAge: 7_200,
    });
  });

  // The catch-all route takes OPTIONS too: https://github.com/aws/serverless-application-model/issues/1603
  test('have a route for their preflights, which the catch-all route would take', () => {
    const routes = Object.values(template.findByType('AWS::ApiGatewayV2::Route')).map(
      ({ Properties }) => Properties,
    );
    const [preflight, ...others] = routes.filter(({ RouteKey }) => String(RouteKey).startsWith('OPTIONS'));
    expect(others).toEqual([]);
    const { RouteKey, Target } = routeSchema.parse(preflight);
    expect(RouteKey).toBe('OPTIONS /{proxy+}');
    expect(template.readProperties(Target)['IntegrationUri']).toBe('${FunctionsNotFound.Arn}');
    const permissions = Object.values(template.findByType('AWS::Lambda::Permission'));
    expect(permissions.map(({ Properties }) => Properties['SourceArn'])).toContain(
      'arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${ApiHttp}/*/*/{proxy+}',
    );
    // A key could not be removed with the route (ADR 35).
    expect(template.readProperties('ApiStage')['RouteSettings']).not.toHaveProperty(RouteKey);
  });
});
