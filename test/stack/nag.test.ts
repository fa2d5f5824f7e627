/**
 * The rules AwsSolutions of cdk-nag: no finding is left, and every acknowledgement is of a finding that is
 * there.
 *
 * They run here and not at synthesis, so that deploying needs no rules and a broken rule stops no deployment.
 */
import { describe, expect, jest, test } from '@jest/globals';
import { type Stack, Validations } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { AwsSolutionsChecks } from 'cdk-nag';
import { z } from 'zod';
import { stackOf } from './template.ts';

interface Finding {
  readonly rule: string;
  /** Path of the construct. */
  readonly path: string;
}

interface Acknowledgement extends Finding {
  readonly reason: string;
}

const CONTEXT = { alarmEmail: 'ops@example.com', createReservedConcurrency: 10, readReservedConcurrency: 10 };

function findingsOf(stack: Stack): Finding[] {
  return new AwsSolutionsChecks()
    .validateScope(stack)
    .violations.flatMap(({ ruleName, violatingResources }) =>
      violatingResources.map(({ constructPath }) => ({ rule: ruleName, path: constructPath ?? '' })),
    );
}

/** What the rules find in a stack whose constructs acknowledge nothing. */
function findingsWithoutAcknowledgements(build: () => Stack): Finding[] {
  const silenced = jest.spyOn(Validations.prototype, 'acknowledge').mockReturnValue(undefined);
  try {
    return findingsOf(build());
  } finally {
    silenced.mockRestore();
  }
}

function acknowledgementsOf(stack: Stack): Acknowledgement[] {
  const reasons = z.record(z.string(), z.string());
  return stack.node.findAll().flatMap(({ node }) =>
    node.metadata
      .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
      .flatMap(({ data }) => Object.entries(reasons.parse(data)))
      .map(([id, reason]) => ({ rule: id.replace(/^annotation::/i, ''), path: node.path, reason })),
  );
}

/** The acknowledgements that suppress none of the findings. */
function idle(acknowledgements: readonly Acknowledgement[], findings: readonly Finding[]): Acknowledgement[] {
  return acknowledgements.filter(
    (acknowledged) =>
      !findings.some(
        ({ rule, path }) => rule === acknowledged.rule && `${path}/`.startsWith(`${acknowledged.path}/`),
      ),
  );
}

describe('the stack', () => {
  const stack = stackOf(CONTEXT);
  const acknowledgements = acknowledgementsOf(stack);

  test('has no finding', () => {
    expect(findingsOf(stack)).toEqual([]);
  });

  test('acknowledges nothing that is not found', () => {
    const findings = findingsWithoutAcknowledgements(() => stackOf(CONTEXT));
    expect(findings.length).toBeGreaterThan(0);
    expect(idle(acknowledgements, findings)).toEqual([]);
  });

  test('acknowledges these rules, each on the construct that it concerns and with a reason', () => {
    expect([...new Set(acknowledgements.map(({ rule }) => rule))].sort()).toEqual([
      // No authorizer: the functions verify the tokens.
      'AwsSolutions-APIG4',
      // X-Ray.
      'AwsSolutions-IAM5[Resource::*]',
    ]);
    expect(acknowledgements.filter(({ path }) => path === stack.node.path)).toEqual([]);
    for (const { reason } of acknowledgements) expect(reason).toMatch(/^.{40,}\.$/);
  });
});

test('a finding would be seen, and so would an acknowledgement of nothing', () => {
  const build = () => {
    const stack = stackOf();
    const bucket = new Bucket(stack, 'Open');
    Validations.of(bucket).acknowledge({ id: 'AwsSolutions-S1', reason: 'there is such a finding' });
    Validations.of(bucket).acknowledge({ id: 'AwsSolutions-S5', reason: 'there is none' });
    return stack;
  };
  const stack = build();
  expect(findingsOf(stack)).toEqual([{ rule: 'AwsSolutions-S10', path: 'FieldingJobs/Open/Resource' }]);
  const unused = idle(acknowledgementsOf(stack), findingsWithoutAcknowledgements(build));
  expect(unused.map(({ rule }) => rule)).toEqual(['AwsSolutions-S5']);
});
