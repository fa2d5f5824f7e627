/** `npm run --silent explain-token -- -c env=prod < token`: says what a token would be answered, and why. */
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import type { JSONWebKeySet, JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import { type Config, ConfigurationError } from '../../lib/config.ts';
import { readCdkContext, readConfiguration } from '../../lib/environment.ts';
import { makeTokenRules } from '../../lib/token-rules.ts';
import { MAX_ACCOUNT_ID } from '../../src/domain/ids.ts';
import { HttpIssuer } from '../../src/adapters/issuer/http-issuer.ts';
import { RemoteKeys } from '../../src/http/remote-keys.ts';
import { makeKeyFinder } from '../../src/http/verify-token.ts';
import { runCommand } from '../kit/command.ts';
import { parseJson } from '../kit/json.ts';
import { parseContextValue, parseWholeNumber } from '../kit/option-values.ts';
import { PROJECT } from '../kit/project.ts';
import { describeFileProblem, getErrorMessage, UsageError } from '../kit/tool-errors.ts';
import { explainToken } from './explain-token.ts';

const USAGE = `npm run --silent explain-token -- [options] < FILE

Reads a token from standard input, and says what a deployment with this configuration would answer to it, and
why. Nothing is deployed or called but the address of the issuer's keys. The exit code is 0 if any call would
be accepted, 1 if none, 2 if the command line or the configuration is wrong.

  -c, --context K=V   a value of the configuration, as for cdk deploy: env=prod; may be repeated
  --account ID        the account of the calls (default: each that the token covers)
  --keys FILE         the issuer's key set (JSON), instead of the one at its address
  --no-signature      leaves the signature unchecked, and fetches nothing
  --help
`;

const OPTIONS = {
  context: { type: 'string', short: 'c', multiple: true },
  account: { type: 'string' },
  keys: { type: 'string' },
  'no-signature': { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

const keySet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })) });

await runCommand(async (argv) => {
  const { values } = parseArgs({ args: argv, options: OPTIONS });
  if (values.help) {
    process.stdout.write(USAGE);
    return;
  }
  const account =
    values.account === undefined
      ? undefined
      : parseWholeNumber('--account', values.account, 1, MAX_ACCOUNT_ID);
  const config = readConfig((values.context ?? []).map((each) => parseContextValue('--context', each)));
  const keys = values['no-signature'] ? undefined : findKeys(config, values.keys);
  const token = (await text(process.stdin)).trim().replace(/^bearer +/i, '');
  if (token === '') throw new UsageError('standard input: found nothing, expected a token');

  const rules = { issuer: config.issuer, ...makeTokenRules(config) };
  const { lines, accepted } = await explainToken(token, rules, keys, account);
  process.stdout.write(`${lines.join('\n')}\n`);
  process.exitCode = accepted ? 0 : 1;
});

function readConfig(given: readonly (readonly [string, string])[]): Config {
  try {
    return readConfiguration({ ...readCdkContext(PROJECT), ...Object.fromEntries(given) }, PROJECT).config;
  } catch (error) {
    if (error instanceof ConfigurationError) throw new UsageError(error.message);
    throw error;
  }
}

function findKeys({ issuer, jwksUrl }: Config, file: string | undefined): JWTVerifyGetKey {
  if (file !== undefined) return makeKeyFinder(readKeySet(file));
  const remote = new HttpIssuer({ issuer, jwksUrl });
  const keys = new RemoteKeys({
    fetchKeySet: () => remote.fetchKeySet(),
    // The keys that a deployment has stored are not read: they would need its credentials.
    findStored: () => Promise.resolve(undefined),
    maxAgeMs: Infinity,
    onUnreachable: (cause) => {
      process.stderr.write(`${jwksUrl ?? issuer}: ${getErrorMessage(cause)}\n`);
    },
    onStoredUsed: () => undefined,
    onUnreadable: () => undefined,
  });
  return keys.find;
}

function readKeySet(file: string): JSONWebKeySet {
  let content: string;
  try {
    content = readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`--keys ${file}: ${describeFileProblem(error)}`);
  }
  const parsed = keySet.safeParse(parseJson(content));
  if (!parsed.success) throw new UsageError(`--keys ${file}: found no key set, expected {"keys":[…]}`);
  return parsed.data;
}
