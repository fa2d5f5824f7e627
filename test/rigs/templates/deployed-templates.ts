/** Synthesizes all stacks of the app as they are deployed to a region, and reads their templates. */
import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { z } from 'zod';
import { readConfig } from '../../../lib/config.ts';
import { makeStacks } from '../../../lib/make-stacks.ts';
import { PROJECT } from '../../../tools/kit/project.ts';

const resourceSchema = z.object({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
  DependsOn: z.union([z.string().transform((id) => [id]), z.array(z.string())]).default([]),
  DeletionPolicy: z.string().default('Delete'),
});
const templateSchema = z.object({
  Description: z.string().default(''),
  Parameters: z.record(z.string(), z.unknown()).default({}),
  Resources: z.record(z.string(), resourceSchema),
  Outputs: z.record(z.string(), z.object({ Value: z.unknown() })).default({}),
});
const cdkJson = z.object({ context: z.record(z.string(), z.unknown()) });

export type TemplateResource = z.output<typeof resourceSchema>;

export interface DeployedTemplate {
  /** Undefined when the template is that of every region. */
  readonly region: string | undefined;
  readonly file: string;
  /** The text that CloudFormation gets. */
  readonly body: string;
  readonly template: z.output<typeof templateSchema>;
}

interface SynthesisOptions {
  /** Where the assembly is written, in a folder of its own. */
  readonly folder: string;
  /** The values of the environment's file, over the defaults. */
  readonly values?: Readonly<Record<string, unknown>>;
  /** Whether the CDK's validator checks the templates, which takes seconds. It throws. Default: no. */
  readonly validate?: boolean;
}

/** Synthesizes the app with the feature flags of cdk.json, without bundling. */
export function synthesizeTemplates(options: SynthesisOptions): DeployedTemplate[] {
  const { folder, values = {}, validate = false } = options;
  const flags = cdkJson.parse(JSON.parse(readFileSync(join(PROJECT, 'cdk.json'), 'utf8'))).context;
  const app = new App({
    outdir: mkdtempSync(join(folder, 'assembly-')),
    context: {
      ...flags,
      'aws:cdk:bundling-stacks': [],
      // Would print the warnings of the stack.
      '@aws-cdk/core:annotationsInValidationReport': false,
    },
    builtinCloudFormationValidation: validate,
  });
  const config = readConfig({}, { path: 'config/test.json', values });
  makeStacks(app, config);
  return app.synth().stacks.map(({ templateFullPath: file }) => ({
    region: config.region,
    file,
    ...parseTemplate(readFileSync(file, 'utf8')),
  }));
}

export function parseTemplate(body: string): Pick<DeployedTemplate, 'body' | 'template'> {
  return { body, template: templateSchema.parse(JSON.parse(body)) };
}
