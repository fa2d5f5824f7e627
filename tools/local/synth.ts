/** Synthesizes the CDK app into a folder in a child process, as `cdk deploy` does. */
import { spawn } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { SynthesisError } from './template-errors.ts';
import { PROJECT } from '../kit/project.ts';

const cdkJson = z.object({ app: z.string(), context: z.record(z.string(), z.unknown()).default({}) });

/**
 * Context that the CDK command line sets by default. The path metadata contains the functions' short names.
 */
const CLI_CONTEXT = { 'aws:cdk:enable-path-metadata': true, 'aws:cdk:enable-asset-metadata': true };

/** What is synthesized here is never deployed. */
const OWN_CONTEXT = { allowPlaceholders: true };

/**
 * Variable of the environment: the folder of each function's code that was bundled before, by the id of its
 * construct, as JSON. Without it the functions are bundled. The suites start many stacks of one code.
 */
export const BUNDLES_VARIABLE = 'FUNCTION_BUNDLES';

/**
 * Runs the app that cdk.json names, including the bundling, without the CDK's check of the template.
 * @param outputFolder is emptied first
 * @param context overrides the context of cdk.json
 * @param notice is called when the bundling of a function begins, and for each key that has no effect
 * @throws SynthesisError with the app's output
 */
export async function synthesize(
  outputFolder: string,
  context: Readonly<Record<string, unknown>>,
  signal?: AbortSignal,
  notice?: (text: string) => void,
): Promise<void> {
  const config = cdkJson.parse(JSON.parse(await readFile(join(PROJECT, 'cdk.json'), 'utf8')));
  await rm(outputFolder, { recursive: true, force: true });
  await mkdir(outputFolder, { recursive: true });
  // The project's package.json makes .js files ES modules; those in a function's folder are not.
  await writeFile(join(outputFolder, 'package.json'), '{}\n');

  // In its own process group, the app does not get Ctrl-C from the terminal, and a kill ends its children
  // too.
  const bundles = process.env[BUNDLES_VARIABLE];
  const own = { ...OWN_CONTEXT, ...(bundles !== undefined && { bundles: JSON.parse(bundles) as unknown }) };
  const child = spawn(config.app, {
    cwd: PROJECT,
    shell: true,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      PATH: [join(PROJECT, 'node_modules', '.bin'), process.env['PATH']].join(delimiter),
      CDK_OUTDIR: outputFolder,
      // The check against CloudFormation's schemas takes seconds. The cdk command makes it.
      CDK_VALIDATION: 'false',
      CDK_CONTEXT_JSON: JSON.stringify({ ...CLI_CONTEXT, ...config.context, ...own, ...context }),
    },
  });
  const kill = () => {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  };
  signal?.addEventListener('abort', kill, { once: true });
  let printed = '';
  const collect = (text: string) => (printed = (printed + text).slice(-100_000));
  child.stdout.setEncoding('utf8').on('data', collect);
  child.stderr.setEncoding('utf8').on('data', collect);
  createInterface(child.stderr).on('line', (line) => {
    const name = /^Bundling asset .*?(\w+)\/Code\//.exec(line)?.[1];
    if (name !== undefined) notice?.(`bundling ${name}`);
    if (/^context key \w+: not known, no effect$/.test(line)) notice?.(line);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  }).finally(() => {
    signal?.removeEventListener('abort', kill);
  });
  signal?.throwIfAborted();
  if (code !== 0) {
    throw new SynthesisError(`the CDK app (${config.app}) failed:\n${printed.trimEnd()}`);
  }
}
