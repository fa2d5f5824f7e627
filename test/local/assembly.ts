/** Writes small cloud assemblies by hand, as CDK would: functions in plain JavaScript beside a template. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LambdaFunction } from '../../local/template/functions.ts';

export type Resources = Record<string, { Type: string; Properties?: Record<string, unknown> }>;

export interface HandwrittenAssembly {
  readonly folder: string;
  remove(): void;
}

/**
 * @param resources beside the functions
 * @param handlers source of a module that exports `handler`, by the logical id of its function
 * @param functionProperties of all functions
 */
export function writeAssembly(
  resources: Resources,
  handlers: Readonly<Record<string, string>>,
  functionProperties: Record<string, unknown> = {},
): HandwrittenAssembly {
  const folder = mkdtempSync(join(tmpdir(), 'assembly-'));
  const write = (file: string, content: unknown) => {
    writeFileSync(join(folder, file), typeof content === 'string' ? content : JSON.stringify(content));
  };
  const functions: Resources = {};
  const files: Record<string, unknown> = {};
  for (const [logicalId, source] of Object.entries(handlers)) {
    mkdirSync(join(folder, `asset.${logicalId}`));
    write(`asset.${logicalId}/index.mjs`, source);
    functions[logicalId] = aFunction(`${logicalId}.zip`, functionProperties);
    files[logicalId] = {
      source: { path: `asset.${logicalId}`, packaging: 'zip' },
      destinations: { current: { bucketName: 'assets', objectKey: `${logicalId}.zip` } },
    };
  }
  write('manifest.json', {
    artifacts: {
      Local: { type: 'aws:cloudformation:stack', properties: { templateFile: 'Local.template.json' } },
      'Local.assets': { type: 'cdk:asset-manifest', properties: { file: 'Local.assets.json' } },
      Tree: { type: 'cdk:tree', properties: { file: 'tree.json' } },
    },
  });
  write('Local.template.json', { Resources: { ...functions, ...resources } });
  write('Local.assets.json', { files });
  return {
    folder,
    remove: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function aFunction(key: string, properties: Record<string, unknown>) {
  return {
    Type: 'AWS::Lambda::Function',
    Properties: {
      Code: { S3Bucket: { 'Fn::Sub': 'assets-${AWS::Region}' }, S3Key: key },
      Handler: 'index.handler',
      MemorySize: 128,
      Role: { 'Fn::GetAtt': ['Role', 'Arn'] },
      Runtime: 'nodejs24.x',
      ...properties,
    },
  };
}

/** An HTTP API whose routes lead to functions by their logical ids. */
export function anApi(
  routes: Readonly<Record<string, string>>,
  integrationProperties = {},
  stageProperties = {},
): Resources {
  const resources: Resources = {
    Api: { Type: 'AWS::ApiGatewayV2::Api', Properties: { ProtocolType: 'HTTP', Name: 'api' } },
    Stage: {
      Type: 'AWS::ApiGatewayV2::Stage',
      Properties: { ApiId: { Ref: 'Api' }, StageName: '$default', AutoDeploy: true, ...stageProperties },
    },
  };
  for (const [index, [key, functionId]] of Object.entries(routes).entries()) {
    resources[`Integration${index}`] = {
      Type: 'AWS::ApiGatewayV2::Integration',
      Properties: {
        ApiId: { Ref: 'Api' },
        IntegrationType: 'AWS_PROXY',
        IntegrationUri: { 'Fn::GetAtt': [functionId, 'Arn'] },
        PayloadFormatVersion: '2.0',
        ...integrationProperties,
      },
    };
    resources[`Route${index}`] = {
      Type: 'AWS::ApiGatewayV2::Route',
      Properties: {
        ApiId: { Ref: 'Api' },
        RouteKey: key,
        Target: { 'Fn::Join': ['', ['integrations/', { Ref: `Integration${index}` }]] },
      },
    };
  }
  return resources;
}

/** A function as the template reader gives it, for tests of what runs functions. */
export function aLambda(codePath: string, overrides: Partial<LambdaFunction> = {}): LambdaFunction {
  return {
    logicalId: 'Fn',
    name: 'local-fn',
    arn: 'arn:aws:lambda:us-east-1:000000000000:function:local-fn',
    displayName: 'Fn',
    codePath,
    handler: 'index.handler',
    environment: {},
    memoryMegabytes: 128,
    timeoutSeconds: 10,
    logGroup: '/aws/lambda/local-fn',
    reservedConcurrency: undefined,
    ...overrides,
  };
}
