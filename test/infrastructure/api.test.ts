/** The HTTP API: its routes and who may be called by them, its throttle, its access log. */
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { ACTIONS, ROUTES } from '../../lib/routes.ts';
import { ACTION_NAMES, transitionOf } from '../../src/domain/actions.ts';
import { templateOf } from './template.ts';

const PROJECT = '/accounts/{account_id}/projects/{project_id}';
const RESUME = `${PROJECT}/batch-jobs/resume-fielding-runs-by-target-group-id`;
const RUNS = `${PROJECT}/target-groups/{target_group_id}/fielding-runs`;

/** The contract's routes, and the function behind each. */
const EXPECTED: Record<string, string> = {
  ...Object.fromEntries(
    ['/demand', '/v1/demand'].flatMap((prefix) => [
      [`POST ${prefix}${RESUME}`, 'CreateJob'],
      [`GET ${prefix}${RESUME}/{job_id}`, 'GetJob'],
      [`GET ${prefix}${PROJECT}/batch-jobs/resume/{job_id}`, 'GetJob'],
      [`GET ${prefix}${RUNS}`, 'GetFieldingRuns'],
    ]),
  ),
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
const stageSchema = z.object({ AccessLogSettings: z.object({ Format: z.string() }) });

describe('API', () => {
  const template = templateOf();

  test('serves exactly the routes of the contract, each by its function', () => {
    const routes = Object.values(template.ofType('AWS::ApiGatewayV2::Route')).map(({ Properties }) => {
      const { RouteKey, Target } = routeSchema.parse(Properties);
      const { IntegrationUri } = integrationSchema.parse(template.properties(Target));
      return [RouteKey, IntegrationUri];
    });
    expect(routes).toHaveLength(9);
    expect(Object.fromEntries(routes)).toEqual(
      Object.fromEntries(Object.entries(EXPECTED).map(([key, name]) => [key, `\${Functions${name}.Arn}`])),
    );
  });

  test('may call each function for its own routes only', () => {
    const permissions = Object.values(template.ofType('AWS::Lambda::Permission')).map(({ Properties }) => {
      const { FunctionName, SourceArn } = permissionSchema.parse(Properties);
      return `${FunctionName} ${SourceArn}`;
    });
    const api = 'arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${ApiHttp}/*/*';
    const expected = Object.entries(EXPECTED).map(([key, name]) => {
      const path = key === '$default' ? '' : key.replace(/^\w+ /, '');
      return `\${Functions${name}.Arn} ${api}${path}`;
    });
    expect(permissions.sort()).toEqual(expected.sort());
  });

  test('has one stage, at the root, with a throttle', () => {
    expect(Object.keys(template.ofType('AWS::ApiGatewayV2::Stage'))).toEqual(['ApiStage']);
    expect(template.properties('ApiStage')).toMatchObject({
      StageName: '$default',
      AutoDeploy: true,
      DefaultRouteSettings: { ThrottlingRateLimit: 500, ThrottlingBurstLimit: 1_000 },
      AccessLogSettings: { DestinationArn: '${ObservabilityAccessLogs.Arn}' },
    });
  });

  test('logs each request as JSON of values that no client writes', () => {
    const { AccessLogSettings } = stageSchema.parse(template.properties('ApiStage'));
    const format = z.record(z.string(), z.string()).parse(JSON.parse(AccessLogSettings.Format));
    const values = Object.values(format);
    expect(values).toContain('$context.requestId');
    expect(values).toContain('$context.status');
    expect(values.every((value) => value.startsWith('$context.'))).toBe(true);
    expect(values.filter((value) => /header|query|body|path|userAgent|authorizer/i.test(value))).toEqual([]);
  });
});

test('the list of routes has every action of the domain, at its path', () => {
  expect([...ACTIONS]).toEqual(ACTION_NAMES);
  const creating = ROUTES.filter((route) => route.method === 'POST').map((route) => route.path);
  for (const action of ACTION_NAMES) {
    expect(creating).toContain(`/demand${PROJECT}/batch-jobs/${transitionOf(action).collection}`);
  }
});
