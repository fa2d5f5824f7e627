/**
 * Runs the AwsSolutions rules of cdk-nag: there is no finding, and every acknowledgement has its finding.
 * They run here and not at synthesis, so that a faulty rule cannot stop a deployment.
 */
import { describe, expect, jest, test } from '@jest/globals';
import { type Stack, Validations } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { AwsSolutionsChecks } from 'cdk-nag';
import { z } from 'zod';
import { makeStack } from './readable-template.ts';

interface Finding {
  readonly rule: string;
  /** Path of the construct. */
  readonly path: string;
}

interface Acknowledgement extends Finding {
  readonly reason: string;
}

const CONTEXT = { alarmEmail: 'ops@example.com', createReservedConcurrency: 10, readReservedConcurrency: 10 };

function listFindings(stack: Stack): Finding[] {
  return new AwsSolutionsChecks()
    .validateScope(stack)
    .violations.flatMap(({ ruleName, violatingResources }) =>
      violatingResources.map(({ constructPath }) => ({ rule: ruleName, path: constructPath ?? '' })),
    );
}

/** Returns the findings of a stack whose acknowledgements are ignored. */
function listAllFindings(build: () => Stack): Finding[] {
  const silenced = jest.spyOn(Validations.prototype, 'acknowledge').mockReturnValue(undefined);
  try {
    return listFindings(build());
  } finally {
    silenced.mockRestore();
  }
}

function listAcknowledgements(stack: Stack): Acknowledgement[] {
  const reasons = z.record(z.string(), z.string());
  return stack.node.findAll().flatMap(({ node }) =>
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

describe('the stack', () => {
  const stack = makeStack(CONTEXT);
  const acknowledgements = listAcknowledgements(stack);

  test('has no finding', () => {
    expect(listFindings(stack)).toEqual([]);
  });

  test('has no acknowledgement without a finding', () => {
    const findings = listAllFindings(() => makeStack(CONTEXT));
    expect(findings.length).toBeGreaterThan(0);
    expect(findUnused(acknowledgements, findings)).toEqual([]);
  });

  test('acknowledges these rules only, each on a single construct and with a reason', () => {
    expect([...new Set(acknowledgements.map(({ rule }) => rule))].sort()).toEqual([
      // The routes have no authorizer, because the functions verify the tokens (ADR 9).
      'AwsSolutions-APIG4',
      // X-Ray has no resources that a policy could name.
      'AwsSolutions-IAM5[Resource::*]',
    ]);
    expect(acknowledgements.filter(({ path }) => path === stack.node.path)).toEqual([]);
    for (const { reason } of acknowledgements) expect(reason).toMatch(/^.{40,}\.$/);
  });
});

test('a finding is reported, and so is an acknowledgement without a finding', () => {
  const build = () => {
    const stack = makeStack();
    const bucket = new Bucket(stack, 'Open');
    Validations.of(bucket).acknowledge({ id: 'AwsSolutions-S1', reason: 'there is such a finding' });
    Validations.of(bucket).acknowledge({ id: 'AwsSolutions-S5', reason: 'there is none' });
    return stack;
  };
  const stack = build();
  expect(listFindings(stack)).toEqual([{ rule: 'AwsSolutions-S10', path: 'FieldingJobs/Open/Resource' }]);
  const unused = findUnused(listAcknowledgements(stack), listAllFindings(build));
  expect(unused.map(({ rule }) => rule)).toEqual(['AwsSolutions-S5']);
});
