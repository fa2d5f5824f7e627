/**
 * Tests what the CDK does for the accounts of companies by its own settings (docs/company-accounts.md), and
 * what is left out in China and in GovCloud.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Template } from 'aws-cdk-lib/assertions';
import { readConfig } from '../../lib/config.ts';
import { makeStacks } from '../../lib/make-stacks.ts';
import { PROJECT } from '../../tools/kit/project.ts';
import { makeApp, synthesizeTemplate } from './readable-template.ts';

/** Synthesizes both stacks with context of the CDK. Returns the resources and the text of the templates. */
function synthesize(context: Record<string, unknown>, values: Record<string, unknown> = {}) {
  const app = makeApp({ ...context, 'aws:cdk:bundling-stacks': [] });
  const { data, service } = makeStacks(app, readConfig(values));
  const templates = [data, service].flatMap((stack) =>
    stack === undefined ? [] : [Template.fromStack(stack).toJSON() as { Resources: Record<string, Found> }],
  );
  return {
    resources: templates.flatMap(({ Resources }) => Object.values(Resources)),
    text: JSON.stringify(templates),
  };
}

interface Found {
  readonly Type: string;
  readonly Properties: Record<string, unknown>;
}

describe('context of the CDK', () => {
  test('gives every role the permissions boundary', () => {
    const { resources } = synthesize({ '@aws-cdk/core:permissionsBoundary': { name: 'company-boundary' } });
    const roles = resources.filter(({ Type }) => Type === 'AWS::IAM::Role');
    expect(roles).toHaveLength(7);
    for (const { Properties } of roles) {
      expect(JSON.stringify(Properties['PermissionsBoundary'])).toContain(':policy/company-boundary"');
    }
    expect(resources.filter(({ Type }) => /^AWS::IAM::(User|Group|InstanceProfile)$/.test(Type))).toEqual([]);
  });

  test('names the bootstrap by its qualifier', () => {
    const { text } = synthesize({ '@aws-cdk/core:bootstrapQualifier': 'fielding' });
    expect(text).toContain('cdk-fielding-assets-');
    expect(text).toContain('/cdk-bootstrap/fielding/version');
    expect(text).not.toContain('hnb659fds');
  });
});

describe('in China and in GovCloud', () => {
  const tags = { team: 'jobs' };
  const listTagged = (values: Record<string, unknown>) =>
    synthesize({}, { tags, ...values })
      .resources.filter(({ Properties }) => 'Tags' in Properties)
      .map(({ Type }) => Type);

  test.each(['cn-north-1', 'us-gov-west-1'])('%s: deliveries have no tags, and all else has', (region) => {
    const elsewhere = new Set(listTagged({ region: 'eu-central-1' }));
    expect(elsewhere).toContain('AWS::Lambda::EventSourceMapping');
    elsewhere.delete('AWS::Lambda::EventSourceMapping');
    expect(new Set(listTagged({ region, tracing: 'off' }))).toEqual(elsewhere);
  });

  test('traces must be off in China', () => {
    expect(() => readConfig({ region: 'cn-northwest-1' })).toThrow(
      /^context key tracing: found its default, expected off in cn-northwest-1: Lambda has no X-Ray in China$/,
    );
    expect(readConfig({ region: 'cn-northwest-1', tracing: 'off' })).toMatchObject({ tracing: 'off' });
    expect(readConfig({ region: 'us-gov-west-1' })).toMatchObject({ tracing: 'active' });
  });
});

interface Statement {
  readonly Sid: string;
  readonly Action: string | string[];
  readonly Condition?: Record<string, Record<string, unknown>>;
}

describe('policies in docs/company-accounts.md', () => {
  const text = readFileSync(join(PROJECT, 'docs/company-accounts.md'), 'utf8');
  const blocks = [...text.matchAll(/^```json\n(.*?)\n```$/gms)].map(([, block = '']) => block);
  const statements = blocks.flatMap((block) => {
    // Keys of an environment's file or of cdk.json stand without their braces.
    const parsed = JSON.parse(block.startsWith('{') ? block : `{${block}}`) as Partial<Statement> & {
      Statement?: Statement[];
    };
    return parsed.Statement ?? ('Sid' in parsed ? [parsed as Statement] : []);
  });
  const find = (sid: string) => statements.find(({ Sid }) => Sid === sid);

  test('are JSON, with names that IAM takes', () => {
    expect(statements).toHaveLength(6);
    for (const { Sid } of statements) expect(Sid).toMatch(/^[A-Za-z0-9]+$/);
  });

  test('the policy of the key covers the log groups by the names that they get', () => {
    const condition = find('AllowLogsOfFieldingJobs')?.Condition?.['ArnLike'] ?? {};
    const prefixes = Object.values(condition)
      .flat()
      .map((arn) => String(arn).split(':log-group:')[1]);
    const groups = Object.values(synthesizeTemplate().findByType('AWS::Logs::LogGroup'));
    // Without a name, CloudFormation makes one that begins with that of the stack.
    const names = groups.map(({ Properties: { LogGroupName: name } }) =>
      typeof name === 'string' ? name : 'FieldingJobs-',
    );
    const starts = names.map((name) => name.replace(/(?<=FieldingJobs-).*/, '*'));
    expect([...new Set(starts)].sort()).toEqual(prefixes.sort());
  });

  test('the statement for a stack that runs allows what the roles may do with the key', () => {
    const kmsKeyArn = 'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
    const policies = synthesizeTemplate({ kmsKeyArn }).findByType('AWS::IAM::Policy');
    const used = JSON.stringify(policies).match(/(?<=")kms:(?!ViaService)\w+/g) ?? [];
    expect(find('AllowTablesAndQueuesMeanwhile')?.Action).toEqual([...new Set(used)].sort());
  });
});
