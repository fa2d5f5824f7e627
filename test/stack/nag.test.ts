/**
 * Runs the AwsSolutions rules of cdk-nag: there is no finding, and every acknowledgement has its finding.
 * They run here and not at synthesis, so that a faulty rule cannot stop a deployment.
 */
import { describe, expect, jest, test } from '@jest/globals';
import { Validations } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { AwsSolutionsChecks } from 'cdk-nag';
import type { IConstruct } from 'constructs';
import { z } from 'zod';
import { makeTestStacks } from './readable-template.ts';

interface Finding {
  readonly rule: string;
  /** Path of the construct. */
  readonly path: string;
}

interface Acknowledgement extends Finding {
  readonly reason: string;
}

const RESERVED = { createReservedConcurrency: 10, readReservedConcurrency: 10 };
const CONTEXTS = {
  'with a topic of its own': { ...RESERVED, alarmEmail: 'ops@example.com' },
  'in the account of a company': {
    ...RESERVED,
    region: 'eu-central-1',
    domainName: 'api.example.com',
    certificateArn: 'arn:aws:acm:eu-central-1:012345678901:certificate/a',
    corsOrigins: ['https://app.example.com'],
    tracing: 'off',
    kmsKeyArn: 'arn:aws:kms:eu-central-1:012345678901:key/1234abcd-12ab-34cd-56ef-1234567890ab',
    alarmTopicArn: 'arn:aws:sns:eu-central-1:012345678901:alarms',
    subnetIds: 'subnet-0a1b2c3d',
    securityGroupIds: 'sg-0a1b2c3d',
  },
};

/** Makes the app with all its stacks. */
function makeTestApp(context: Record<string, unknown>): IConstruct {
  return makeTestStacks(context).service.node.root;
}

function listFindings(app: IConstruct): Finding[] {
  return new AwsSolutionsChecks()
    .validateScope(app)
    .violations.flatMap(({ ruleName, violatingResources }) =>
      violatingResources.map(({ constructPath }) => ({ rule: ruleName, path: constructPath ?? '' })),
    );
}

/** Returns the findings of a stack whose acknowledgements are ignored. */
function listAllFindings(build: () => IConstruct): Finding[] {
  const silenced = jest.spyOn(Validations.prototype, 'acknowledge').mockReturnValue(undefined);
  try {
    return listFindings(build());
  } finally {
    silenced.mockRestore();
  }
}

function listAcknowledgements(app: IConstruct): Acknowledgement[] {
  const reasons = z.record(z.string(), z.string());
  return app.node.findAll().flatMap(({ node }) =>
    node.metadata
      .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
      .flatMap(({ data }) => Object.entries(reasons.parse(data)))
      .map(([id, reason]) => ({ rule: id.replace(/^annotation::/i, ''), path: node.path, reason })),
  );
}

/** Returns the acknowledgements that suppress no finding. */
function findUnused(
  acknowledgements: readonly Acknowledgement[],
  findings: readonly Finding[],
): Acknowledgement[] {
  return acknowledgements.filter(
    (acknowledged) =>
      !findings.some(
        ({ rule, path }) => rule === acknowledged.rule && `${path}/`.startsWith(`${acknowledged.path}/`),
      ),
  );
}

describe.each(Object.entries(CONTEXTS))('the app %s', (_, context) => {
  const app = makeTestApp(context);
  const acknowledgements = listAcknowledgements(app);

  test('has no finding', () => {
    expect(listFindings(app)).toEqual([]);
  });

  test('has no acknowledgement without a finding', () => {
    const findings = listAllFindings(() => makeTestApp(context));
    expect(findings.length).toBeGreaterThan(0);
    expect(findUnused(acknowledgements, findings)).toEqual([]);
  });

  test('acknowledges these rules only, each on a single construct and with a reason', () => {
    expect([...new Set(acknowledgements.map(({ rule }) => rule))].sort()).toEqual([
      // The routes have no authorizer, because the functions verify the tokens (ADR 9).
      'AwsSolutions-APIG4',
      // X-Ray has no resources that a policy could name, and network interfaces have no ids before.
      'AwsSolutions-IAM5[Resource::*]',
    ]);
    const stacks = app.node.children.map(({ node }) => node.path);
    expect(acknowledgements.filter(({ path }) => stacks.includes(path))).toEqual([]);
    for (const { reason } of acknowledgements) expect(reason).toMatch(/^.{40,}\.$/);
  });
});

test('a finding is reported, and so is an acknowledgement without a finding', () => {
  const build = () => {
    const { service } = makeTestStacks();
    const bucket = new Bucket(service, 'Open');
    Validations.of(bucket).acknowledge({ id: 'AwsSolutions-S1', reason: 'there is such a finding' });
    Validations.of(bucket).acknowledge({ id: 'AwsSolutions-S5', reason: 'there is none' });
    return service;
  };
  const stack = build();
  expect(listFindings(stack)).toEqual([{ rule: 'AwsSolutions-S10', path: 'FieldingJobs/Open/Resource' }]);
  const unused = findUnused(listAcknowledgements(stack), listAllFindings(build));
  expect(unused.map(({ rule }) => rule)).toEqual(['AwsSolutions-S5']);
});
