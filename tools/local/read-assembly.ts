/**
 * Reads the assembly that a synthesis wrote: the templates of its stacks, linked into one, and the folders
 * with the functions' code.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { UnsupportedTemplateError } from './template-errors.ts';
import { linkTemplates } from './template/link-templates.ts';
import { readTemplate, type Template } from './template/template.ts';

const manifestShape = z.object({
  artifacts: z.record(
    z.string(),
    z.object({
      type: z.string(),
      dependencies: z.array(z.string()).default([]),
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
 * @throws UnsupportedTemplateError unless it contains a stack, all resource types are known, and its stacks
 *   can be linked
 */
export async function readAssembly(folder: string): Promise<Assembly> {
  const readJson = async (file: string): Promise<unknown> =>
    JSON.parse(await readFile(join(folder, file), 'utf8'));
  const manifest = manifestShape.parse(await readJson('manifest.json'));
  const artifacts = Object.entries(manifest.artifacts);
  const templates = await Promise.all(
    listStacks(manifest).map(async ([name, file]) => readTemplate(name, await readJson(file))),
  );
  const [first, ...others] = templates;
  if (first === undefined) throw new UnsupportedTemplateError('the app has no stacks');
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
  return { template: linkTemplates([first, ...others]), assets };
}

/** Lists the stacks of an app with the files of their templates, each after those that it depends on. */
function listStacks({ artifacts }: z.output<typeof manifestShape>): [name: string, file: string][] {
  const listed = new Map<string, string>();
  const add = (name: string): void => {
    const artifact = artifacts[name];
    if (artifact?.type !== 'aws:cloudformation:stack' || listed.has(name)) return;
    artifact.dependencies.forEach(add);
    if (artifact.properties.templateFile !== undefined) listed.set(name, artifact.properties.templateFile);
  };
  Object.keys(artifacts).forEach(add);
  return [...listed];
}
