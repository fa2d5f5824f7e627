/** Writes small cloud assemblies as the CDK would: a template, and functions in plain JavaScript. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LambdaFunction } from '../../../tools/local/template/read-functions.ts';

export type Resources = Record<string, { Type: string; Properties?: Record<string, unknown> }>;

export interface HandwrittenAssembly {
  readonly folder: string;
  remove(): void;
}

/**
 * @param resources of the template, besides the functions
 * @param handlers source of a module that exports `handler`, by the logical id of its function
 * @param functionProperties properties of every function
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

/** A table with a sparse index, like that of the jobs table. */
export const TABLE = {
  Type: 'AWS::DynamoDB::GlobalTable',
  Properties: {
    Replicas: [{ Region: { Ref: 'AWS::Region' } }],
    AttributeDefinitions: [
      { AttributeName: 'pk', AttributeType: 'S' },
      { AttributeName: 'open', AttributeType: 'S' },
    ],
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    GlobalSecondaryIndexes: [
      {
        IndexName: 'open-jobs',
        KeySchema: [{ AttributeName: 'open', KeyType: 'HASH' }],
        Projection: { ProjectionType: 'KEYS_ONLY' },
      },
    ],
  },
};

/** A role that a service may assume, with the statements of its policy. */
export function aRole(service: string, ...statements: readonly object[]): Resources[string] {
  const policy = (Statement: readonly object[]) => ({ Version: '2012-10-17', Statement });
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      AssumeRolePolicyDocument: policy([
        { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: service } },
      ]),
      Policies: [{ PolicyName: 'policy', PolicyDocument: policy(statements) }],
    },
  };
}

/** A statement of a policy. */
export function allow(action: string | readonly string[], resource: unknown) {
  return { Effect: 'Allow', Action: action, Resource: resource };
}

/** An HTTP API whose routes lead to functions by their logical ids, with the permission to run them. */
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
    resources[`Permission${index}`] = {
      Type: 'AWS::Lambda::Permission',
      Properties: {
        Action: 'lambda:InvokeFunction',
        FunctionName: { 'Fn::GetAtt': [functionId, 'Arn'] },
        Principal: 'apigateway.amazonaws.com',
        SourceArn: {
          'Fn::Sub': `arn:aws:execute-api:\${AWS::Region}:\${AWS::AccountId}:\${Api}/*/*${key.split(' ')[1] ?? ''}`,
        },
      },
    };
  }
  return resources;
}

/** A function as the template reader returns it, for tests of the code that runs functions. */
export function aLambda(codePath: string, overrides: Partial<LambdaFunction> = {}): LambdaFunction {
  return {
    logicalId: 'Fn',
    name: 'local-fn',
    arn: 'arn:aws:lambda:us-east-1:000000000000:function:local-fn',
    roleArn: 'arn:aws:iam::000000000000:role/local-role',
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
