/** Links the templates of the stacks of one app into one template, as if the app had one stack. */
import { z } from 'zod';
import { REGION } from '../../kit/emulator.ts';
import { UnsupportedTemplateError } from '../template-errors.ts';
import type { Resource, Template } from './template.ts';

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-getstackoutput.html */
const stackOutput = z.strictObject({
  StackName: z.string(),
  OutputName: z.string(),
  Region: z.union([z.literal(REGION), z.strictObject({ Ref: z.literal('AWS::Region') })]).optional(),
});

/**
 * Links templates: replaces `Fn::GetStackOutput` with the value of the output, and the name of the stack,
 * which is not the same in all of them, with its text. An output that another stack reads is left out: it
 * connects stacks, and tells users nothing.
 * @param templates the stacks that others depend on come first; the last one gives its name to the result
 * @throws UnsupportedTemplateError for an output that is not in `templates`, or a logical id that two have
 */
export function linkTemplates(templates: readonly [Template, ...Template[]]): Template {
  const linker = new Linker(templates);
  const resources = new Map<string, Resource>();
  const outputs = new Map<string, unknown>();
  for (const template of templates) {
    for (const [id, resource] of template.resources) {
      const twin = resources.get(id);
      if (twin !== undefined) {
        throw new UnsupportedTemplateError(
          `the stacks ${twin.stackName} and ${template.stackName} both have a resource ${id}: ` +
            'the local stack needs different logical ids',
        );
      }
      resources.set(id, { ...resource, properties: linker.linkAll(resource.properties, template) });
    }
    for (const [name, value] of template.outputs) outputs.set(name, linker.link(value, template));
  }
  for (const name of linker.readOutputs) outputs.delete(name);
  return { stackName: templates.at(-1)?.stackName ?? templates[0].stackName, resources, outputs };
}

class Linker {
  readonly #templates: readonly Template[];
  readonly readOutputs = new Set<string>();

  constructor(templates: readonly Template[]) {
    this.#templates = templates;
  }

  link(value: unknown, template: Template): unknown {
    if (Array.isArray(value)) return value.map((item) => this.link(item, template));
    if (typeof value !== 'object' || value === null) return value;
    if ('Ref' in value && value.Ref === 'AWS::StackName') return template.stackName;
    if ('Fn::Sub' in value) return nameStack(this.linkAll(value, template), template.stackName);
    if ('Fn::GetStackOutput' in value) return this.#readOutput(value['Fn::GetStackOutput'], template);
    return this.linkAll(value, template);
  }

  linkAll(record: object, template: Template): Record<string, unknown> {
    return Object.fromEntries(
      Object.entries(record).map(([key, value]: [string, unknown]) => [key, this.link(value, template)]),
    );
  }

  #readOutput(argument: unknown, reader: Template): unknown {
    const wanted = stackOutput.safeParse(argument);
    if (!wanted.success) {
      throw new UnsupportedTemplateError(
        `${reader.stackName}: Fn::GetStackOutput of ${JSON.stringify(argument)} is not supported locally: ` +
          z.prettifyError(wanted.error),
      );
    }
    const { StackName, OutputName } = wanted.data;
    const producer = this.#templates.find(({ stackName }) => stackName === StackName);
    if (producer?.outputs.has(OutputName) !== true) {
      throw new UnsupportedTemplateError(
        `${reader.stackName} reads the output ${OutputName} of the stack ${StackName}: there is no such output`,
      );
    }
    this.readOutputs.add(OutputName);
    return this.link(producer.outputs.get(OutputName), producer);
  }
}

/** Replaces the name of the stack in every text of a `Fn::Sub`. */
function nameStack(value: unknown, stackName: string): unknown {
  if (typeof value === 'string') return value.replaceAll('${AWS::StackName}', stackName);
  if (Array.isArray(value)) return value.map((item) => nameStack(item, stackName));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]: [string, unknown]) => [key, nameStack(item, stackName)]),
  );
}
