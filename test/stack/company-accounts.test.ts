/**
 * Tests what the CDK does for the accounts of companies by its own settings (docs/company-accounts.md), and
 * what is left out in China and in GovCloud.
 */
import { describe, expect, test } from '@jest/globals';
import { Template } from 'aws-cdk-lib/assertions';
import { readConfig } from '../../lib/config.ts';
import { makeStacks } from '../../lib/make-stacks.ts';
import { makeApp } from './readable-template.ts';

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
