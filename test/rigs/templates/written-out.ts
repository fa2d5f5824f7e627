/** Writes values of a template out as CloudFormation does, with names and ids as long as AWS makes them. */
import { z } from 'zod';
import type { DeployedTemplate } from './deployed-templates.ts';

const PSEUDO_PARAMETERS: Readonly<Record<string, string>> = {
  'AWS::AccountId': '123456789012',
  'AWS::Partition': 'aws-us-gov',
  'AWS::Region': 'us-gov-west-1',
  'AWS::StackId':
    'arn:aws-us-gov:cloudformation:us-gov-west-1:123456789012:stack/Stack/5b918d10-cd98-11ea-90d5-0a9cd3354c10',
  'AWS::StackName': 'S'.repeat(128),
  'AWS::URLSuffix': 'amazonaws.com.cn',
};

/** What stands for the name or ARN of a resource: longer than CloudFormation makes those of most types. */
const UNKNOWN = 'x'.repeat(120);

/** Writes out a value: references, and the functions that join, split and select texts. */
function writeOut(value: unknown, deployed: DeployedTemplate): unknown {
  if (Array.isArray(value)) return value.map((item) => writeOut(item, deployed));
  if (typeof value !== 'object' || value === null) return value;
  const [[key, argument] = ['', undefined]] = Object.entries(value);
  switch (key) {
    case 'Ref':
      return String(argument) === 'AWS::Region' && deployed.region !== undefined
        ? deployed.region
        : (PSEUDO_PARAMETERS[String(argument)] ?? UNKNOWN);
    case 'Fn::GetAtt':
    case 'Fn::GetStackOutput':
    case 'Fn::Sub':
      return UNKNOWN;
    case 'Fn::Join': {
      const [separator, parts] = z.tuple([z.string(), z.array(z.unknown())]).parse(argument);
      return parts.map((part) => String(writeOut(part, deployed))).join(separator);
    }
    case 'Fn::Split': {
      const [separator, text] = z.tuple([z.string(), z.unknown()]).parse(argument);
      return String(writeOut(text, deployed)).split(separator);
    }
    case 'Fn::Select': {
      const [index, items] = z.tuple([z.coerce.number(), z.unknown()]).parse(argument);
      return readList(writeOut(items, deployed))[index];
    }
    default:
      return Object.fromEntries(
        Object.entries(value).map(([name, item]) => [name, writeOut(item, deployed)]),
      );
  }
}

/** Returns the length of a text, or of a value as JSON. */
export function measure(value: unknown, deployed: DeployedTemplate): number {
  const written = writeOut(value, deployed);
  return (typeof written === 'string' ? written : JSON.stringify(written)).length;
}

export function readText(value: unknown, deployed: DeployedTemplate): string {
  const written = writeOut(value, deployed);
  return typeof written === 'string' ? written : '';
}

export function readList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function readObject(value: unknown): Readonly<Record<string, unknown>> {
  const read = z.record(z.string(), z.unknown()).safeParse(value);
  return read.success ? read.data : {};
}
