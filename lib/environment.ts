/**
 * Reads the configuration of the app: the context, and the file `config/<name>.json` that `-c env=<name>`
 * chooses (ADR 34).
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import {
  type Config,
  ConfigurationError,
  type EnvironmentFile,
  getDataStackName,
  isConfigKey,
  listPlaceholders,
  readConfig,
  READING_KEYS,
} from './config.ts';
import { JsonTextError, parseJsonText } from './json-text.ts';

/** Where the files of the environments are, from the project's folder. */
const FOLDER = 'config';

/** No path, and none of the names that Windows reserves for devices has two parts. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

export interface Configuration {
  readonly config: Config;
  /**
   * What a user would not expect: each key of the context that has no effect, and each value of the file that
   * the context replaces.
   */
  readonly notices: readonly string[];
}

/**
 * Reads the configuration of the app in a folder.
 * @param context all context values by key, as the CDK passes them: those of `-c` and of cdk.json in one
 * @param project the folder of cdk.json and config/
 * @throws ConfigurationError for a file that cannot be used, bad values, placeholders that are not allowed,
 *   and another environment with the same stack, table or domain
 */
export function readConfiguration(context: unknown, project: string): Configuration {
  const given = z.record(z.string(), z.unknown()).parse(context);
  const files = listFiles(project);
  const file = given['env'] === undefined ? undefined : findFile(project, files, given['env']);
  if (file !== undefined) refuseValuesInBoth(project, file);
  const config = readConfig(given, file);
  if (!readFlag(given, 'allowPlaceholders')) refusePlaceholders(config, file);
  if (file !== undefined) refuseShared(project, files, file, config);
  return {
    config,
    notices: [...listUnused(given), ...(file === undefined ? [] : listReplaced(given, file))],
  };
}

/** Returns the names of the environments that have a file. */
function listFiles(project: string): string[] {
  const folder = join(project, FOLDER);
  return (existsSync(folder) ? readdirSync(folder) : [])
    .filter((name) => name.endsWith('.json'))
    .map((name) => name.slice(0, -'.json'.length))
    .sort();
}

/**
 * Reads the file that `-c env=` names. The name must be in the list, letter by letter: on some file systems a
 * file would also open by a name of other case.
 */
function findFile(project: string, files: readonly string[], name: unknown): EnvironmentFile {
  const refuse = (expected: string) =>
    new ConfigurationError([`context key env: found ${JSON.stringify(name)}, expected ${expected}`]);
  if (typeof name !== 'string' || !NAME.test(name)) {
    throw refuse(
      `the name of a file in ${FOLDER}/ without .json: a letter or digit, then up to 63 letters, digits, ` +
        'hyphens or underscores',
    );
  }
  if (!files.includes(name)) {
    throw refuse(files.length > 0 ? `a file in ${FOLDER}/: ${files.join(', ')}` : `a file in ${FOLDER}/`);
  }
  return readFile(project, name);
}

function makePath(name: string): string {
  return `${FOLDER}/${name}.json`;
}

function readFile(project: string, name: string): EnvironmentFile {
  const path = makePath(name);
  const value = parseFile(join(project, path), path);
  const object = z.record(z.string(), z.unknown()).safeParse(value);
  if (object.success) return { path, values: object.data };
  throw new ConfigurationError([`${path}: found ${JSON.stringify(value).slice(0, 80)}, expected an object`]);
}

function parseFile(file: string, path: string): unknown {
  try {
    return parseJsonText(readFileSync(file, 'utf8'));
  } catch (error) {
    const problem = error instanceof JsonTextError ? error.message : `cannot be read: ${String(error)}`;
    throw new ConfigurationError([`${path}: ${problem}`]);
  }
}

/**
 * Refuses a value in the context of cdk.json beside one in the file. The CDK passes the context of cdk.json
 * and that of `-c` as one, so that the first would go before the file like the second.
 */
function refuseValuesInBoth(project: string, { path, values }: EnvironmentFile): void {
  const context = readCdkContext(project);
  const both = Object.keys(values).filter((key) => isConfigKey(key) && Object.hasOwn(context, key));
  if (both.length > 0) {
    throw new ConfigurationError(
      both.map((key) => `${path}: ${key}: also in the context of cdk.json, remove it from one of the two`),
    );
  }
}

/** Reads the context of cdk.json, which the CDK passes to the app together with that of `-c`. */
export function readCdkContext(project: string): Record<string, unknown> {
  return z
    .object({ context: z.record(z.string(), z.unknown()).default({}) })
    .parse(JSON.parse(readFileSync(join(project, 'cdk.json'), 'utf8'))).context;
}

/** Reads a flag of the context, false by default. */
function readFlag(context: Readonly<Record<string, unknown>>, key: string): boolean {
  const value = context[key] ?? false;
  if (value === true || value === 'true') return true;
  if (value === false || value === 'false') return false;
  throw new ConfigurationError([
    `context key ${key}: found ${JSON.stringify(value)}, expected true or false`,
  ]);
}

/**
 * Refuses the values with which no token is accepted: a deployment that forgot them would lock all users out
 * of a running stack.
 */
function refusePlaceholders(config: Config, file: EnvironmentFile | undefined): void {
  const placeholders = listPlaceholders(config);
  if (placeholders.length === 0) return;
  const how =
    file === undefined
      ? `in ${FOLDER}/<name>.json, chosen by -c env=<name>, or with -c ${placeholders[0]}=<value>`
      : `in ${file.path}`;
  throw new ConfigurationError([
    ...placeholders.map(
      (key) => `${key}: found the placeholder ${String(config[key])}, with which no token is valid`,
    ),
    `Set ${placeholders.join(', ')} ${how}. Only to synthesize: -c allowPlaceholders=true`,
  ]);
}

/**
 * Refuses an environment that would share a stack, a table or a domain with another one: one would overwrite
 * the other, or AWS would refuse it. A file that cannot be deployed itself does not count.
 */
function refuseShared(
  project: string,
  files: readonly string[],
  file: EnvironmentFile,
  config: Config,
): void {
  const others = files.filter((name) => makePath(name) !== file.path);
  const shared = others.flatMap((name) => {
    const other = readDeployable(project, name);
    if (other === undefined || !mayBeEqual(other.region, config.region)) return [];
    const inOneAccount = mayBeEqual(other.account, config.account);
    const list = inOneAccount ? (one: Config) => [...listOwned(one), ...listDomain(one)] : listDomain;
    const theirs = list(other);
    return list(config)
      .filter((owned) => theirs.includes(owned))
      .map((owned) => `${file.path}: ${owned} is also one of ${makePath(name)}`);
  });
  if (shared.length > 0) {
    throw new ConfigurationError([
      ...shared,
      'Give each environment its own, or give both files a region that differs, or (not for a domain) an account',
    ]);
  }
}

/** Lists what only one environment of an account and region may have: its stacks, and the tables it names. */
function listOwned(config: Config): string[] {
  const { stackName, jobsTable, targetGroupsTable, idempotencyTable, keySetsTable } = config;
  const tables = [jobsTable, targetGroupsTable, idempotencyTable, keySetsTable].filter(
    (name) => name !== undefined,
  );
  return [
    ...[stackName, getDataStackName(stackName)].map((name) => `the stack ${name}`),
    ...tables.map((name) => `the table ${name}`),
  ];
}

/**
 * Lists the domain, which only one environment of a region may have, whatever its account:
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-custom-domains.html
 */
function listDomain({ domainName }: Config): string[] {
  return domainName === undefined ? [] : [`the domain ${domainName}`];
}

/** Reads the configuration of a file, with what cdk.json adds, or nothing if that cannot be deployed. */
function readDeployable(project: string, name: string): Config | undefined {
  try {
    const config = readConfig(readCdkContext(project), readFile(project, name));
    return listPlaceholders(config).length === 0 ? config : undefined;
  } catch (error) {
    if (error instanceof ConfigurationError) return undefined;
    throw error;
  }
}

/** Whether two values may be equal, where a value that is not given may be any. */
function mayBeEqual(one: string | undefined, other: string | undefined): boolean {
  return one === undefined || other === undefined || one === other;
}

/** Keys of our own that are neither configuration nor how to read it: lib/functions/bundled-function.ts. */
const INNER_KEYS = ['bundles'];

/**
 * Returns a line for each key of the context that is a plain word and none of ours. The keys of the CDK have
 * other characters.
 */
function listUnused(given: Readonly<Record<string, unknown>>): string[] {
  const used = [...READING_KEYS, ...INNER_KEYS];
  return Object.keys(given)
    .filter((key) => /^[A-Za-z]\w*$/.test(key) && !isConfigKey(key) && !used.includes(key))
    .map((key) => `context key ${key}: not known, no effect`);
}

/** Returns a line for each value of the file that the context replaces. */
function listReplaced(given: Readonly<Record<string, unknown>>, file: EnvironmentFile): string[] {
  return Object.entries(file.values)
    .filter(([key, value]) => Object.hasOwn(given, key) && formatValue(given[key]) !== formatValue(value))
    .map(
      ([key, value]) =>
        `${file.path}: ${key} is ${formatValue(given[key])} this time, not ${formatValue(value)}: -c goes first`,
    );
}

function formatValue(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
