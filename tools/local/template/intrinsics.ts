/** Resolves CloudFormation's intrinsic functions. An unknown one is an error (ADR 14). */
import { createHash } from 'node:crypto';
import { REGION } from '../../kit/emulator.ts';
import { ACCOUNT_ID, makeArn, PARTITION } from '../cloud.ts';
import { UnsupportedTemplateError } from '../template-errors.ts';

/** The values of `Ref` and `Fn::GetAtt`. Both throw UnsupportedTemplateError when there is no local value. */
export interface References {
  readonly stackName: string;
  getRef(logicalId: string): string;
  getAttribute(logicalId: string, name: string): string;
}

/** A value with all intrinsics resolved. `AWS::NoValue` becomes undefined and is removed from its parent. */
export type Resolved =
  string | number | boolean | null | undefined | Resolved[] | { [key: string]: Resolved };

/**
 * Resolves a value of the template.
 * @throws UnsupportedTemplateError for an intrinsic or reference that is not known
 */
export function resolve(value: unknown, references: References): Resolved {
  if (Array.isArray(value)) {
    return value.map((item) => resolve(item, references)).filter((item) => item !== undefined);
  }
  if (isRecord(value)) {
    const [key, ...others] = Object.keys(value);
    if (key !== undefined && others.length === 0 && (key === 'Ref' || key.startsWith('Fn::'))) {
      return resolveIntrinsic(key, value[key], references);
    }
    return Object.fromEntries(
      Object.entries(value)
        .map(([name, item]): [string, Resolved] => [name, resolve(item, references)])
        .filter(([, item]) => item !== undefined),
    );
  }
  if (value === null || value === undefined) return value;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  throw new UnsupportedTemplateError(`a template has no values of type ${typeof value}`);
}

function resolveIntrinsic(name: string, argument: unknown, references: References): Resolved {
  switch (name) {
    case 'Ref':
      return resolveReference(requireText(name, argument), references);
    case 'Fn::GetAtt':
      return resolveAttribute(argument, references);
    case 'Fn::Join': {
      const [separator, parts] = requirePair(name, resolve(argument, references));
      return requireList(name, parts)
        .map((part) => requireText(name, part))
        .join(requireText(name, separator));
    }
    case 'Fn::Split': {
      const [separator, source] = requirePair(name, resolve(argument, references));
      return requireText(name, source).split(requireText(name, separator));
    }
    case 'Fn::Select': {
      const [index, items] = requirePair(name, resolve(argument, references));
      const item = requireList(name, items)[Number(index)];
      if (item === undefined) throw makeMalformedError(name, argument);
      return item;
    }
    case 'Fn::Sub':
      return substitute(argument, references);
    default:
      throw new UnsupportedTemplateError(
        `the intrinsic function ${name} is not supported by the local stack`,
      );
  }
}

function resolveReference(target: string, references: References): Resolved {
  switch (target) {
    case 'AWS::NoValue':
      return undefined;
    case 'AWS::AccountId':
      return ACCOUNT_ID;
    case 'AWS::Region':
      return REGION;
    case 'AWS::Partition':
      return PARTITION;
    case 'AWS::URLSuffix':
      return 'amazonaws.com';
    case 'AWS::StackName':
      return references.stackName;
    case 'AWS::StackId':
      return makeArn(
        'cloudformation',
        `stack/${references.stackName}/${makeStackUuid(references.stackName)}`,
      );
    default:
      if (target.startsWith('AWS::')) {
        throw new UnsupportedTemplateError(
          `the pseudo parameter ${target} is not supported by the local stack`,
        );
      }
      return references.getRef(target);
  }
}

/** Makes the UUID of a stack: the same at every start, so that it finds its queues on an external SQS. */
function makeStackUuid(stackName: string): string {
  const digest = createHash('sha256').update(stackName).digest('hex');
  return digest.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');
}

function resolveAttribute(argument: unknown, references: References): string {
  const [logicalId, ...path] =
    typeof argument === 'string'
      ? argument.split('.')
      : requireList('Fn::GetAtt', resolve(argument, references));
  if (logicalId === undefined || path.length === 0) throw makeMalformedError('Fn::GetAtt', argument);
  return references.getAttribute(
    requireText('Fn::GetAtt', logicalId),
    path.map((part) => requireText('Fn::GetAtt', part)).join('.'),
  );
}

/** Replaces `${Name}`, `${Name.Attribute}` and `${AWS::Region}`; turns `${!Literal}` into `${Literal}`. */
function substitute(argument: unknown, references: References): string {
  const resolved = resolve(argument, references);
  const [template, variables]: unknown[] = Array.isArray(resolved)
    ? requirePair('Fn::Sub', resolved)
    : [resolved, {}];
  if (!isRecord(variables)) throw makeMalformedError('Fn::Sub', argument);
  return requireText('Fn::Sub', template).replace(
    /\$\{(!?)([^}]*)\}/g,
    (_, literal: string, name: string) => {
      if (literal !== '') return `\${${name}}`;
      if (Object.hasOwn(variables, name)) return requireText('Fn::Sub', variables[name]);
      return requireText(
        'Fn::Sub',
        name.includes('.') ? resolveAttribute(name, references) : resolveReference(name, references),
      );
    },
  );
}

function requireText(name: string, value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw makeMalformedError(name, value);
}

function requireList(name: string, value: Resolved): Resolved[] {
  if (!Array.isArray(value)) throw makeMalformedError(name, value);
  return value;
}

function requirePair(name: string, value: Resolved): [Resolved, Resolved] {
  const [first, second, ...others] = requireList(name, value);
  if (second === undefined || others.length > 0) throw makeMalformedError(name, value);
  return [first, second];
}

function makeMalformedError(name: string, argument: unknown): UnsupportedTemplateError {
  return new UnsupportedTemplateError(`${name} cannot take ${JSON.stringify(argument)}`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
