/** Tests how the templates of several stacks become one for the local stack. */
import { expect, test } from '@jest/globals';
import { UnsupportedTemplateError } from '../../../tools/local/template-errors.ts';
import { linkTemplates } from '../../../tools/local/template/link-templates.ts';
import { makeReferences } from '../../../tools/local/template/references.ts';
import { readOutputs, readTemplate, type Template } from '../../../tools/local/template/template.ts';

const QUEUE = { Type: 'AWS::SQS::Queue' };

const data = readTemplate('Data', {
  Resources: { Dead: QUEUE },
  Outputs: {
    DeadArn: { Value: { 'Fn::GetAtt': ['Dead', 'Arn'] } },
    Owner: { Value: { Ref: 'AWS::StackName' } },
  },
});

/** Makes the stack Service with an output that reads another stack. */
function makeService(reads: unknown): Template {
  return readTemplate('Service', {
    Resources: { Live: QUEUE, Other: { ...QUEUE, Properties: { Tags: [{ 'Fn::GetStackOutput': reads }] } } },
    Outputs: {
      Found: { Value: { 'Fn::GetStackOutput': reads } },
      Name: { Value: { Ref: 'AWS::StackName' } },
    },
  });
}

const DEAD_ARN = { StackName: 'Data', OutputName: 'DeadArn' };

test('the resources of all stacks are there, each named by its own stack', () => {
  const { resources, stackName } = linkTemplates([data, makeService(DEAD_ARN)]);
  expect(stackName).toBe('Service');
  expect([...resources.values()].map((resource) => [resource.logicalId, resource.stackName])).toEqual([
    ['Dead', 'Data'],
    ['Live', 'Service'],
    ['Other', 'Service'],
  ]);
});

test.each([DEAD_ARN, { ...DEAD_ARN, Region: 'us-east-1' }, { ...DEAD_ARN, Region: { Ref: 'AWS::Region' } }])(
  'an output that is read becomes its value, and is not shown: %j',
  (reads) => {
    const linked = linkTemplates([data, makeService(reads)]);
    expect(linked.resources.get('Other')?.properties).toEqual({ Tags: [{ 'Fn::GetAtt': ['Dead', 'Arn'] }] });
    expect(readOutputs(linked, makeReferences(linked))).toEqual({
      Owner: 'Data',
      Found: 'arn:aws:sqs:us-east-1:000000000000:Data-Dead',
      Name: 'Service',
    });
  },
);

test('an output whose value reads a third stack is followed', () => {
  const middle = readTemplate('Middle', {
    Resources: {},
    Outputs: { Passed: { Value: { 'Fn::GetStackOutput': DEAD_ARN } } },
  });
  const service = makeService({ StackName: 'Middle', OutputName: 'Passed' });
  expect(linkTemplates([data, middle, service]).outputs.get('Found')).toEqual({
    'Fn::GetAtt': ['Dead', 'Arn'],
  });
});

test('a text with the name of the stack has that of its own stack', () => {
  const makeNamed = (name: string) =>
    readTemplate(name, {
      Resources: {},
      Outputs: {
        [`${name}Sub`]: { Value: { 'Fn::Sub': 'of ${AWS::StackName}' } },
        [`${name}Pair`]: { Value: { 'Fn::Sub': ['${Word} ${AWS::StackName}', { Word: 'of' }] } },
      },
    });
  const linked = linkTemplates([makeNamed('Data'), makeNamed('Service')]);
  expect(readOutputs(linked, makeReferences(linked))).toEqual({
    DataSub: 'of Data',
    DataPair: 'of Data',
    ServiceSub: 'of Service',
    ServicePair: 'of Service',
  });
});

test.each([
  ['a stack that is not there', { StackName: 'Gone', OutputName: 'DeadArn' }, /DeadArn of the stack Gone/],
  ['an output that is not there', { StackName: 'Data', OutputName: 'Gone' }, /output Gone of the stack Data/],
  ['another region', { ...DEAD_ARN, Region: 'eu-west-1' }, /Fn::GetStackOutput .*eu-west-1.* not supported/],
  ['another account', { ...DEAD_ARN, RoleArn: 'role' }, /Fn::GetStackOutput .* not supported/],
])('reading %s is an error', (_, reads, message) => {
  const attempt = () => linkTemplates([data, makeService(reads)]);
  expect(attempt).toThrow(UnsupportedTemplateError);
  expect(attempt).toThrow(message);
});

test('two stacks with one logical id are an error that names both', () => {
  const twin = readTemplate('Twin', { Resources: { Dead: QUEUE } });
  expect(() => linkTemplates([data, twin])).toThrow(/stacks Data and Twin both have a resource Dead/);
});
