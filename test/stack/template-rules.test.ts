/**
 * Holds the templates to the rules that a first deployment meets: AWS's resource schemas, documented limits,
 * and the rules of Control Tower. The CDK's own validator runs in `.ci/run`, because it takes seconds.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { describeConfig } from '../../lib/config.ts';
import {
  type DeployedTemplate,
  parseTemplate,
  synthesizeTemplates,
  type TemplateResource,
} from '../rigs/templates/deployed-templates.ts';
import { listUnmetControls } from '../rigs/templates/guard-rules.ts';
import { LIMIT_RULES } from '../rigs/templates/limit-rules.ts';
import { SchemaRules } from '../rigs/templates/schema-rules.ts';
import { VARIANTS } from '../rigs/templates/variants.ts';

const folder = mkdtempSync(join(tmpdir(), 'template-rules-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const deployments = Object.entries(VARIANTS).map(([name, variant]): [string, DeployedTemplate[]] => [
  name,
  synthesizeTemplates({ folder, ...variant }),
]);
const schemas = new SchemaRules();

/** Returns the templates of the defaults, with the resources changed. */
function change(edit: (resources: Record<string, TemplateResource>) => void): DeployedTemplate[] {
  const [[, templates] = ['', []]] = deployments;
  return templates.map((deployed) => {
    const { template } = parseTemplate(deployed.body);
    edit(template.Resources);
    return { ...deployed, ...parseTemplate(JSON.stringify(template)) };
  });
}

/** Changes the first resource of a type. Templates without one are left alone. */
function changeFirst(type: string, edit: (resource: TemplateResource) => void) {
  return change((resources) => {
    const found = Object.values(resources).find(({ Type }) => Type === type);
    if (found !== undefined) edit(found);
  });
}

test('every key of the configuration has another value than its default in some variant', () => {
  const files = Object.values(VARIANTS).map(({ values }) => values);
  const unset = describeConfig().filter(
    ({ key, fallback }) => !files.some((values) => key in values && values[key] !== fallback),
  );
  expect(unset.map(({ key }) => key)).toEqual([]);
});

describe('the published resource schemas', () => {
  test.each(deployments)('are met by %s', (_, templates) => {
    expect(schemas.findProblems(templates)).toEqual([]);
  });

  test.each<[string, object, string]>([
    ['an unknown property', { VisibleTimeout: 1 }, 'VisibleTimeout is no property'],
    ['a read-only property', { Arn: 'arn' }, 'Arn is read-only'],
    ['a value of another type', { VisibilityTimeout: '30 s' }, 'VisibilityTimeout is not a whole number'],
    ['a list in place of a text', { QueueName: ['a'] }, 'QueueName is not text'],
    ['an unknown reference', { QueueName: { Ref: 'Nothing' } }, 'there is no Nothing'],
    [
      'an unknown attribute',
      { QueueName: { 'Fn::GetAtt': ['QueueDeadLetters9B423CAD', 'Name'] } },
      'AWS::SQS::Queue has no attribute Name',
    ],
    ['a tag without a value', { Tags: [{ Key: 'a' }] }, 'Tags.0 is not a tag'],
  ])('find %s', (_, properties, problem) => {
    const templates = changeFirst('AWS::SQS::Queue', (queue) => Object.assign(queue.Properties, properties));
    expect(schemas.findProblems(templates)).toEqual([expect.stringContaining(problem)]);
  });

  test('find what is required, what is not enumerated, and what is no type', () => {
    const problems = schemas.findProblems(
      change((resources) => {
        for (const resource of Object.values(resources)) {
          const { Properties } = resource;
          if (resource.Type === 'AWS::Lambda::EventSourceMapping') delete Properties['FunctionName'];
          if (resource.Type === 'AWS::Scheduler::Schedule') Properties['State'] = 'ON';
          if (resource.Type === 'AWS::KMS::Key') resource.Type = 'AWS::KMS::Lock';
        }
      }),
    );
    expect(problems).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/: FunctionName is required$/),
        expect.stringMatching(/State is "ON", expected one of ENABLED, DISABLED$/),
        expect.stringMatching(/: AWS::KMS::Lock is no type of resource$/),
      ]),
    );
  });
});

describe('the documented rules', () => {
  test.each(LIMIT_RULES)('$rule: $source', ({ rule, find }) => {
    const problems = deployments.map(([name, templates]) => [name, templates.flatMap(find)]);
    expect(problems).toEqual(deployments.map(([name]) => [name, []]));
    // And where it is broken, it is found.
    expect(BROKEN[rule]?.().flatMap(find) ?? []).not.toEqual([]);
  });
});

/** For each rule, templates that break it. */
const BROKEN: Readonly<Record<string, () => DeployedTemplate[]>> = {
  'a template has at most 1 MB, 500 resources, 200 outputs and 200 parameters, and a short description': () =>
    change((resources) => {
      const [one] = Object.values(resources);
      for (let n = 0; one !== undefined && n < 501; n += 1) resources[`More${n}`] = one;
    }),
  'no resource needs itself': () =>
    change((resources) => {
      const queues = Object.entries(resources).filter(([, { Type }]) => Type === 'AWS::SQS::Queue');
      const [[first] = [''], [second] = ['']] = queues;
      resources[first]?.DependsOn.push(second);
      resources[second]?.DependsOn.push(first);
    }),
  'a resource that is kept has no name that another stack could give again': () =>
    changeFirst('AWS::Logs::LogGroup', (group) => (group.Properties['LogGroupName'] = '/aws/vendedlogs/api')),
  'descriptions are within their limits': () =>
    changeFirst('AWS::Lambda::Function', ({ Properties }) => (Properties['Description'] = 'x'.repeat(257))),
  'the environment of a function has at most 4 KB, and no variable of Lambda': () =>
    changeFirst('AWS::Lambda::Function', ({ Properties }) => {
      Properties['Environment'] = { Variables: { AWS_REGION: 'here' } };
    }),
  'the permissions of a function have at most 20,480 bytes': () =>
    change((resources) => {
      const one = Object.values(resources).find(({ Type }) => Type === 'AWS::Lambda::Permission');
      for (let n = 0; one !== undefined && n < 60; n += 1) resources[`More${n}`] = one;
    }),
  'a function writes to a log group of the stack, and no role may make one': () =>
    changeFirst('AWS::Lambda::Function', ({ Properties }) => {
      delete Properties['LoggingConfig'];
    }),
  'a role may read a queue before a function is connected with it': () =>
    change((resources) => {
      for (const resource of Object.values(resources)) resource.DependsOn.length = 0;
    }),
  'a role may make network interfaces before its function is put into a subnet': () =>
    change((resources) => {
      for (const each of Object.values(resources)) {
        if (each.Type !== 'AWS::Lambda::Function') continue;
        each.Properties['VpcConfig'] = { SubnetIds: ['subnet-0a1b2c3d'] };
        each.DependsOn.length = 0;
      }
    }),
  'a message stays hidden at least as long as the function that takes it may run': () =>
    change((resources) => {
      for (const { Properties } of Object.values(resources)) {
        if ('VisibilityTimeout' in Properties) Properties['VisibilityTimeout'] = 29;
      }
    }),
  'the name of a queue has at most 80 characters, and it allows at most 10 sources of dead letters': () =>
    changeFirst('AWS::SQS::Queue', ({ Properties }) => (Properties['QueueName'] = 'x'.repeat(81))),
  'the policies of a role have at most 10,240 characters, and who may assume it 2,048': () =>
    changeFirst('AWS::IAM::Policy', ({ Properties }) => {
      Properties['PolicyDocument'] = { Statement: 'x'.repeat(10_240) };
    }),
  'an API has at most 300 routes and 300 integrations, and a name of at most 128 characters': () =>
    changeFirst('AWS::ApiGatewayV2::Api', ({ Properties }) => (Properties['Name'] = 'x'.repeat(129))),
  'the format of an access log has at most 3 KB, and the id of the request': () =>
    changeFirst('AWS::ApiGatewayV2::Stage', ({ Properties }) => {
      Properties['AccessLogSettings'] = { Format: '{"status":"$context.status"}' };
    }),
  'the log group of a stage is below /aws/vendedlogs/': () =>
    change((resources) => {
      for (const { Properties } of Object.values(resources)) delete Properties['LogGroupName'];
    }),
  'a stage has settings of existing routes only, and is made after them': () =>
    changeFirst('AWS::ApiGatewayV2::Stage', (stage) => {
      stage.DependsOn.length = 0;
    }),
  'integrations and routes of an API are made one after the other': () =>
    changeFirst('AWS::ApiGatewayV2::Route', (route) => {
      route.DependsOn.length = 0;
    }),
  'an alarm is within its limits of names, actions, dimensions, metrics and time': () =>
    changeFirst('AWS::CloudWatch::Alarm', ({ Properties }) => (Properties['EvaluationPeriods'] = 2_000)),
  'a dashboard has at most 500 widgets, 500 metrics a widget and 2,500 in all': () =>
    changeFirst('AWS::CloudWatch::Dashboard', ({ Properties }) => {
      const widgets = Array.from({ length: 501 }, () => ({ type: 'text' }));
      Properties['DashboardBody'] = JSON.stringify({ widgets });
    }),
  'a dashboard has the region in its name, because those of all regions share their names': () =>
    changeFirst('AWS::CloudWatch::Dashboard', ({ Properties }) => (Properties['DashboardName'] = 'Jobs')),
  'a saved query has at most 10,000 characters, 50 log groups and a name of 255 characters': () =>
    changeFirst('AWS::Logs::QueryDefinition', ({ Properties }) => {
      Properties['QueryString'] = 'x'.repeat(10_001);
    }),
  'no text names another partition, another region, or the console of one partition': () =>
    changeFirst('AWS::SQS::Queue', ({ Properties }) => (Properties['QueueName'] = 'arn:aws:sqs')),
};

/** The controls that the stack does not meet, each with the reason. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  'CT.APIGATEWAY.PR.5':
    'The functions verify the tokens, so that refusals have the body of the contract (ADR 9).',
  'CT.CLOUDWATCH.PR.2':
    'How long logs are kept is for the operator to say: logRetentionDays=365 meets the rule; 30 days are the default.',
  'CT.CLOUDWATCH.PR.3':
    'Logs are encrypted with the key of CloudWatch Logs; there is no token or body in them (ADR 21). kmsKeyArn meets the rule.',
  'CT.KMS.PR.3':
    "The one key has the CDK's statement for the account, so that its IAM policies decide who makes grants.",
  'CT.LAMBDA.PR.2':
    'The rule looks for the account in SourceArn, which is computed here: it names the API of this account.',
  'CT.LAMBDA.PR.3':
    'The functions need nothing in a VPC; in one, they need a NAT gateway for the keys of the issuer. subnetIds meets the rule.',
};

/** Those that remain when everything is set. */
const REMAINING = ['CT.APIGATEWAY.PR.5', 'CT.LAMBDA.PR.2'];

describe('the rules of Control Tower', () => {
  const [[, defaults] = ['', []]] = deployments;
  const full = deployments.filter(([name]) => name.startsWith('everything set'));
  const broken = change((resources) => {
    for (const { Properties } of Object.values(resources)) delete Properties['RedrivePolicy'];
  }).map((deployed, index) => {
    const file = join(folder, `broken-${index}.json`);
    writeFileSync(file, deployed.body);
    return { ...deployed, file };
  });
  const unmet = listUnmetControls([...defaults, ...broken, ...full.flatMap(([, templates]) => templates)]);
  const list = (templates: readonly DeployedTemplate[]) =>
    [...new Set(templates.flatMap(({ file }) => [...(unmet.get(file) ?? [])]))].sort();

  test('are met, except for these, each with its reason', () => {
    expect(list(defaults)).toEqual(Object.keys(EXCEPTIONS).sort());
    for (const reason of Object.values(EXCEPTIONS)) expect(reason).toMatch(/^.{40,}\.$/);
  });

  test.each(full)('are met by more with %s', (_, templates) => {
    expect(full).toHaveLength(4);
    expect(list(templates)).toEqual(REMAINING);
  });

  test('find a queue without a dead-letter queue', () => {
    expect(list(broken)).toEqual([...Object.keys(EXCEPTIONS), 'CT.SQS.PR.1'].sort());
  });
});
