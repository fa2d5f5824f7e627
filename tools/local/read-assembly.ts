/**
 * Reads the assembly that a synthesis wrote: the stack's template, and the folders with its functions' code.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { UnsupportedTemplateError } from './template-errors.ts';
import { readTemplate, type Template } from './template/template.ts';

const manifestShape = z.object({
  artifacts: z.record(
    z.string(),
    z.object({
      type: z.string(),
      properties: z.object({ templateFile: z.string().optional(), file: z.string().optional() }).default({}),
    }),
  ),
});

const assetsShape = z.object({
  files: z.record(
    z.string(),
    z.object({
      source: z.object({ path: z.string(), packaging: z.string() }),
      destinations: z.record(z.string(), z.object({ objectKey: z.string() })),
    }),
  ),
});

export interface Assembly {
  readonly template: Template;
  /** Folder of each zipped asset, by its object key. */
  readonly assets: ReadonlyMap<string, string>;
}

/**
 * Reads the assembly in a folder.
 * @throws UnsupportedTemplateError unless it contains exactly one stack and all its resource types are known
 */
export async function readAssembly(folder: string): Promise<Assembly> {
  const readJson = async (file: string): Promise<unknown> =>
    JSON.parse(await readFile(join(folder, file), 'utf8'));
  const manifest = manifestShape.parse(await readJson('manifest.json'));
  const artifacts = Object.entries(manifest.artifacts);
  const stacks = artifacts.filter(([, { type }]) => type === 'aws:cloudformation:stack');
  const [stack] = stacks;
  const templateFile = stack?.[1].properties.templateFile;
  if (stack === undefined || stacks.length > 1 || templateFile === undefined) {
    throw new UnsupportedTemplateError(`the app has ${stacks.length} stacks: the local stack runs one`);
  }
  const assets = new Map<string, string>();
  for (const [, { type, properties }] of artifacts) {
    if (type !== 'cdk:asset-manifest' || properties.file === undefined) continue;
    const { files } = assetsShape.parse(await readJson(properties.file));
    for (const { source, destinations } of Object.values(files)) {
      if (source.packaging !== 'zip') continue;
      for (const { objectKey } of Object.values(destinations)) {
        assets.set(objectKey, join(folder, source.path));
      }
    }
  }
  return { template: readTemplate(stack[0], await readJson(templateFile)), assets };
}
