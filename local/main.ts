/** `npm start`: runs the stack on this machine until it is interrupted. */
import { runCommand } from './command.ts';
import { onInterrupt } from './interrupt.ts';
import { READ_SCOPE, WRITE_SCOPE } from './issuer.ts';
import { jsonLog, prettyLog } from './logs.ts';
import { type Options, parseOptions, USAGE } from './options.ts';
import { type LocalStack, startLocalStack } from './stack.ts';
import { DEFAULT_SUBJECT } from './subject.ts';
import { welcome } from './welcome.ts';

/** The token of the printed requests: long enough for a day's work. */
const TOKEN_TTL_SECONDS = 12 * 3_600;

await runCommand(async (argv) => {
  const options = parseOptions(argv);
  if (options.help) {
    process.stdout.write(USAGE);
    return;
  }
  const interrupted = onInterrupt();
  try {
    await run(options, interrupted);
  } catch (error) {
    if (!interrupted.aborted) throw error;
  }
  process.exit(0);
});

async function run(options: Options, interrupted: AbortSignal): Promise<void> {
  const { port, dataFile, context, killShare } = options;
  const log = options.log === 'json' ? jsonLog(process.stdout) : prettyLog(process.stdout);
  const stack = await startLocalStack({ port, dataFile, context, killShare, log, signal: interrupted });
  try {
    process.stdout.write(welcome(stack.url, stack.sample, await exampleToken(stack)));
    const failure = await Promise.race([stack.failure, aborted(interrupted)]);
    if (failure !== undefined) throw failure;
    log({ kind: 'notice', text: 'stopping' });
  } finally {
    await stack.stop();
  }
}

function exampleToken({ issuer, sample }: LocalStack): Promise<string> {
  return issuer.sign({
    accounts: sample === undefined ? [] : [sample.tenant.accountId],
    scope: `${WRITE_SCOPE} ${READ_SCOPE}`,
    subject: DEFAULT_SUBJECT,
    ttlSeconds: TOKEN_TTL_SECONDS,
  });
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', () => {
      resolve(undefined);
    });
  });
}
