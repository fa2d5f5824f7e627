/** `npm start`: runs the stack on this machine until it is interrupted. */
import { runCommand } from '../kit/command.ts';
import { onInterrupt } from '../kit/interrupt.ts';
import { jsonLog, prettyLog } from './logs.ts';
import { type Options, parseOptions, USAGE } from './options.ts';
import { startLocalStack } from './stack.ts';
import { welcome } from './welcome.ts';

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
    process.stdout.write(welcome(stack.url, stack.sample));
    const failure = await Promise.race([stack.failure, aborted(interrupted)]);
    if (failure !== undefined) throw failure;
    log({ kind: 'notice', text: 'stopping' });
  } finally {
    await stack.stop();
  }
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', () => {
      resolve(undefined);
    });
  });
}
