/** `npm run --silent token -- --account 101`: prints one token of the local issuer and nothing else. */
import { parseArgs } from 'node:util';
import { MAX_ACCOUNT_ID } from '../../src/domain/ids.ts';
import { runCommand } from '../kit/command.ts';
import { UsageError } from '../kit/tool-errors.ts';
import { parseWholeNumber } from '../kit/option-values.ts';
import { ALL_SCOPES, DEFAULT_SUBJECT, Issuer, type TokenClaims } from './issuer.ts';

const USAGE = `npm run --silent token -- --account ID [--account ID ...] [options]

Prints a token of the local issuer. It works whether or not the local stack runs.

  --account ID     an account that the token gives access to; may be repeated
  --scope TEXT     scopes, separated by spaces (default: "${ALL_SCOPES}")
  --sub UUID       the user of the token (default: a fixed one)
  --ttl SECONDS    how long the token is valid (default: 3600)
  --help
`;

const OPTIONS = {
  account: { type: 'string', multiple: true },
  scope: { type: 'string', default: ALL_SCOPES },
  sub: { type: 'string', default: DEFAULT_SUBJECT },
  ttl: { type: 'string', default: '3600' },
  help: { type: 'boolean', default: false },
} as const;

await runCommand(async (argv) => {
  const { values } = parseArgs({ args: argv, options: OPTIONS });
  if (values.help) {
    process.stdout.write(USAGE);
    return;
  }
  const issuer = await Issuer.load();
  process.stdout.write(`${await issuer.sign(readClaims(values))}\n`);
});

function readClaims(values: {
  account?: string[] | undefined;
  scope: string;
  sub: string;
  ttl: string;
}): TokenClaims {
  if (values.account === undefined) throw new UsageError('--account is missing: --account 101');
  if (values.sub === '') throw new UsageError('--sub: found nothing, expected a text, preferably a UUID');
  return {
    accounts: values.account.map((text) => parseWholeNumber('--account', text, 1, MAX_ACCOUNT_ID)),
    scope: values.scope,
    subject: values.sub,
    // A negative value makes an expired token.
    ttlSeconds: parseWholeNumber('--ttl', values.ttl, -MAX_ACCOUNT_ID, MAX_ACCOUNT_ID),
  };
}
