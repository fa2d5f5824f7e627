/** Tests the resolution of CloudFormation's intrinsic functions. */
import { describe, expect, test } from '@jest/globals';
import { UnsupportedTemplateError } from '../../../tools/local/template-errors.ts';
import { type References, resolve } from '../../../tools/local/template/intrinsics.ts';

const references: References = {
  stackName: 'Local',
  getRef: (logicalId) => `ref-${logicalId}`,
  getAttribute: (logicalId, name) => `${logicalId}/${name}`,
};

test.each([
  ['a literal', 'text', 'text'],
  ['Ref', { Ref: 'Table' }, 'ref-Table'],
  ['Fn::GetAtt', { 'Fn::GetAtt': ['Queue', 'Arn'] }, 'Queue/Arn'],
  [
    'Fn::GetAtt of a nested attribute',
    { 'Fn::GetAtt': ['Thing', 'Endpoint.Address'] },
    'Thing/Endpoint.Address',
  ],
  ['Fn::GetAtt as text', { 'Fn::GetAtt': 'Queue.Arn' }, 'Queue/Arn'],
  ['Fn::Join', { 'Fn::Join': ['-', ['a', { Ref: 'B' }, 3]] }, 'a-ref-B-3'],
  ['Fn::Split and Fn::Select', { 'Fn::Select': [1, { 'Fn::Split': [':', 'a:b:c'] }] }, 'b'],
  [
    'Fn::Sub',
    { 'Fn::Sub': '${AWS::Partition}:${Table}:${Queue.Arn}:${!Literal}' },
    'aws:ref-Table:Queue/Arn:${Literal}',
  ],
  ['Fn::Sub with variables', { 'Fn::Sub': ['${Name}-${Table}', { Name: { Ref: 'X' } }] }, 'ref-X-ref-Table'],
  [
    'pseudo parameters',
    { 'Fn::Join': ['/', [{ Ref: 'AWS::AccountId' }, { Ref: 'AWS::StackName' }]] },
    '000000000000/Local',
  ],
  ['AWS::NoValue in an object', { a: 1, b: { Ref: 'AWS::NoValue' } }, { a: 1 }],
  ['AWS::NoValue in a list', ['a', { Ref: 'AWS::NoValue' }], ['a']],
  [
    'nested values',
    { a: [{ b: { Ref: 'C' } }], d: null, e: true },
    { a: [{ b: 'ref-C' }], d: null, e: true },
  ],
  ['an object that only looks like a function', { Ref: 'A', other: 1 }, { Ref: 'A', other: 1 }],
])('resolves %s', (_name, value, expected) => {
  expect(resolve(value, references)).toEqual(expected);
});

describe('an unknown or malformed function is an error that names it:', () => {
  test.each([
    [{ 'Fn::ImportValue': 'Other' }, 'Fn::ImportValue'],
    [{ deep: [{ 'Fn::If': ['C', 1, 2] }] }, 'Fn::If'],
    [{ Ref: 'AWS::NotificationARNs' }, 'AWS::NotificationARNs'],
    [{ 'Fn::Join': [','] }, 'Fn::Join'],
    [{ 'Fn::Join': [',', 'no list'] }, 'Fn::Join'],
    [{ 'Fn::Select': [5, ['a']] }, 'Fn::Select'],
    [{ 'Fn::GetAtt': ['OnlyTheId'] }, 'Fn::GetAtt'],
  ])('%j', (value, name) => {
    const attempt = () => resolve(value, references);
    expect(attempt).toThrow(UnsupportedTemplateError);
    expect(attempt).toThrow(name);
  });
});
