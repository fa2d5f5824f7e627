/** Synthesizes the stacks without bundling, and reads their templates in a form that is easy to compare. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';
import { App, type Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { z } from 'zod';
import { readConfig } from '../../lib/config.ts';
import { makeStacks, type Stacks } from '../../lib/make-stacks.ts';
import { linkTemplates } from '../../tools/local/template/link-templates.ts';
import { readTemplate, type Template as LinkedTemplate } from '../../tools/local/template/template.ts';
import { PROJECT } from './production-packages.ts';

const resourceSchema = z.object({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
  DeletionPolicy: z.string().optional(),
  UpdateReplacePolicy: z.string().optional(),
  DependsOn: z
    .array(z.string())
    .transform((ids) => ids.map(stripHash))
    .optional(),
});
const templateSchema = z.object({
  Resources: z.record(z.string(), resourceSchema),
  Outputs: z.record(z.string(), z.object({ Value: z.string() })),
});

export type Resource = z.output<typeof resourceSchema>;

/**
 * The template of a stack, with logical ids without their hash, references as `${Id.Attribute}`, and parts of
 * a reference as `${Id/index}`.
 */
export class ReadableTemplate {
  readonly resources: Readonly<Record<string, Resource>>;
  readonly outputs: Readonly<Record<string, { Value: string }>>;

  constructor(template: unknown) {
    const parsed = templateSchema.parse(makeReadable(template));
    const count = Object.keys(z.object({ Resources: z.object({}).loose() }).parse(template).Resources).length;
    if (count !== Object.keys(parsed.Resources).length)
      throw new Error('two resources have one id without its hash');
    this.resources = parsed.Resources;
    this.outputs = parsed.Outputs;
  }

  /** Returns the resources of a type, by id. */
  findByType(type: string): Record<string, Resource> {
    return Object.fromEntries(Object.entries(this.resources).filter(([, { Type }]) => Type === type));
  }

  /**
   * Returns the properties of a resource.
   * @throws Error if there is no resource with this id
   */
  readProperties(id: string): Record<string, unknown> {
    const resource = this.resources[id];
    if (resource === undefined) throw new Error(`no resource ${id} in the template`);
    return resource.Properties;
  }
}

const cdkJson = z.object({ context: z.record(z.string(), z.unknown()) });

/** Where the apps of a suite write their assemblies. The end of the suite removes it. */
const folder = mkdtempSync(join(tmpdir(), 'stack-'));
let apps = 0;
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Makes an app with the feature flags of cdk.json, as the cdk command does. */
export function makeApp(context: Record<string, unknown>): App {
  const flags = cdkJson.parse(JSON.parse(readFileSync(join(PROJECT, 'cdk.json'), 'utf8'))).context;
  apps += 1;
  return new App({
    // Without a folder, CDK leaves one in the temporary directory.
    outdir: join(folder, String(apps)),
    // The last flag only makes each synthesis print the warnings of the stack.
    context: { ...flags, ...context, '@aws-cdk/core:annotationsInValidationReport': false },
    // The check of the template against the resource schemas would take most of the time here; the cdk
    // command makes it at every synthesis.
    builtinCloudFormationValidation: false,
  });
}

/** Makes the stacks with the default configuration, changed by `context`. */
export function makeTestStacks(context: Record<string, unknown> = {}): Stacks {
  return makeStacks(makeApp({ ...context, 'aws:cdk:bundling-stacks': [] }), readConfig(context));
}

/** Synthesizes such stacks, and links their templates into one, as the local stack does. */
export function synthesizeLinked(context: Record<string, unknown> = {}): LinkedTemplate {
  return linkJson(synthesizeJson(context));
}

/** Synthesizes such stacks, and returns their linked templates in readable form. */
export function synthesizeTemplate(context: Record<string, unknown> = {}): ReadableTemplate {
  const stacks = synthesizeJson(context);
  const linked = linkJson(stacks);
  const all = Object.assign({}, ...stacks.map(({ json }) => json.Resources)) as JsonTemplate['Resources'];
  return new ReadableTemplate({
    Resources: Object.fromEntries(
      [...linked.resources].map(([id, { properties }]) => [id, { ...all[id], Properties: properties }]),
    ),
    Outputs: Object.fromEntries([...linked.outputs].map(([name, Value]) => [name, { Value }])),
  });
}

interface JsonTemplate {
  readonly Resources: Readonly<Record<string, object>>;
}

type NamedJson = readonly [Named, ...Named[]];
interface Named {
  readonly stackName: string;
  readonly json: JsonTemplate;
}

/** The templates that a suite has synthesized, by their context. */
const synthesized = new Map<string, NamedJson>();

function synthesizeJson(context: Record<string, unknown>): NamedJson {
  const key = JSON.stringify(context);
  const found = synthesized.get(key) ?? synthesizeAnew(context);
  synthesized.set(key, found);
  return found;
}

function synthesizeAnew(context: Record<string, unknown>): NamedJson {
  const { data, service } = makeTestStacks(context);
  const read = (stack: Stack): Named => ({
    stackName: stack.stackName,
    json: Template.fromStack(stack).toJSON() as JsonTemplate,
  });
  return data === undefined ? [read(service)] : [read(data), read(service)];
}

function linkJson([first, ...others]: NamedJson): LinkedTemplate {
  const read = ({ stackName, json }: Named) => readTemplate(stackName, json);
  return linkTemplates([read(first), ...others.map(read)]);
}

const reference = z.union([
  z.strictObject({ Ref: z.string() }).transform(({ Ref }) => `\${${stripHash(Ref)}}`),
  z
    .strictObject({ 'Fn::GetAtt': z.tuple([z.string(), z.string()]) })
    .transform(({ 'Fn::GetAtt': [id, attribute] }) => `\${${stripHash(id)}.${attribute}}`),
]);
/** A part of a text with slashes. */
const part = z
  .strictObject({
    'Fn::Select': z.tuple([
      z.int(),
      z.strictObject({ 'Fn::Split': z.tuple([z.literal('/'), z.strictObject({ Ref: z.string() })]) }),
    ]),
  })
  .transform(({ 'Fn::Select': [index, { 'Fn::Split': split }] }) => `\${${split[1].Ref}/${index}}`);
const joined = z.strictObject({ 'Fn::Join': z.tuple([z.literal(''), z.array(z.unknown())]) });

function makeReadable(value: unknown): unknown {
  const referred = reference.or(part).safeParse(value);
  if (referred.success) return referred.data;
  const found = joined.safeParse(value);
  if (found.success) return found.data['Fn::Join'][1].map(makeReadable).join('');
  if (Array.isArray(value)) return value.map(makeReadable);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [stripHash(key), makeReadable(inner)]),
  );
}

/** Returns a logical id without the hash that the CDK appends. */
function stripHash(id: string): string {
  return id.replace(/[0-9A-F]{8}$/, '');
}
