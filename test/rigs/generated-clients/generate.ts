/** Makes clients of docs/openapi.yaml, compiles the programs that use them, and runs these. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { PROJECT } from '../../../tools/kit/project.ts';
import { DESCRIPTION_FILE } from '../conformance/read-description.ts';
import type { Report, Settings } from './programs/settings.ts';

const run = promisify(execFile);

const PACKAGES = join(import.meta.dirname, 'node_modules');
const PROGRAMS = join(import.meta.dirname, 'programs');
/** Where the programs import the clients from. */
const CLIENTS = join(PROJECT, '.cache/generated-clients');

/** Makes the clients for TypeScript. */
export async function generateClients(): Promise<void> {
  rmSync(CLIENTS, { recursive: true, force: true });
  mkdirSync(CLIENTS, { recursive: true });
  const generate = (program: string, ...args: string[]) =>
    run(process.execPath, [join(PACKAGES, program), ...args], { cwd: CLIENTS });
  await generate('openapi-typescript/bin/cli.js', DESCRIPTION_FILE, '--output', 'openapi-typescript.ts');
  await generate(
    '@hey-api/openapi-ts/bin/run.js',
    '--input',
    DESCRIPTION_FILE,
    '--output',
    'hey-api',
    '--no-log-file',
  );
}

/** Compiles the programs with the clients. Returns what the compiler says. */
export async function compilePrograms(): Promise<string> {
  const compiler = join(PROJECT, 'node_modules/typescript/bin/tsc');
  return run(process.execPath, [compiler, '--project', PROGRAMS]).then(
    ({ stdout }) => stdout,
    (error: unknown) => (error as { stdout: string }).stdout,
  );
}

/** Runs a program in TypeScript. Node.js alone would not find what the generated files import. */
export async function runTypeScript(name: string, settings: Settings): Promise<Report> {
  const file = join(CLIENTS, `${name}.mjs`);
  await build({
    entryPoints: [join(PROGRAMS, `${name}.ts`)],
    outfile: file,
    bundle: true,
    platform: 'node',
    format: 'esm',
  });
  return runProgram(process.execPath, [file], settings);
}

/** Runs the program in Perl, whose client is made when it starts. */
export async function runPerl(settings: Settings): Promise<Report> {
  // The client asks for the schema of OpenAPI 3.1 itself, which other tests hold the description to. Any
  // schema in its cache is taken for it, and spares the network.
  const schema = 'https://spec.openapis.org/oas/3.1/schema/2021-05-20';
  writeFileSync(
    join(CLIENTS, createHash('md5').update(schema).digest('hex')),
    JSON.stringify({ $id: schema, type: 'object' }),
  );
  return runProgram('perl', [join(PROGRAMS, 'openapi-client.pl'), DESCRIPTION_FILE], settings, {
    JSON_VALIDATOR_CACHE_PATH: CLIENTS,
  });
}

async function runProgram(
  program: string,
  args: readonly string[],
  settings: Settings,
  variables: Readonly<Record<string, string>> = {},
): Promise<Report> {
  const env = { ...process.env, ...variables, SETTINGS: JSON.stringify(settings) };
  const { stdout } = await run(program, args, { env, timeout: 60_000 });
  return JSON.parse(stdout) as Report;
}
