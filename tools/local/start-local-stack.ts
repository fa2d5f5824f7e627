/** `npm start`: runs the stack on this machine until it is interrupted. */
import { runCommand } from '../kit/command.ts';
import { abortOnInterrupt } from '../kit/interrupt.ts';
import { drawKill } from './functions/pool.ts';
import { makeJsonLog, makePrettyLog } from './logs.ts';
import { type StartOptions, parseStartOptions, USAGE } from './start-options.ts';
import { startLocalStack } from './local-stack.ts';
import { formatWelcome } from './welcome.ts';

await runCommand(async (argv) => {
  const options = parseStartOptions(argv);
  if (options.help) {
    process.stdout.write(USAGE);
    return;
  }
  const interrupted = abortOnInterrupt();
  try {
    await run(options, interrupted);
  } catch (error) {
    if (!interrupted.aborted) throw error;
  }
  process.exit(0);
});

async function run(options: StartOptions, interrupted: AbortSignal): Promise<void> {
  const { port, dataFile, demoSize, context, killShare } = options;
  const log = options.log === 'json' ? makeJsonLog(process.stdout) : makePrettyLog(process.stdout);
  const stack = await startLocalStack({
    port,
    dataFile,
    demoSize,
    context,
    killAfterMs: () => drawKill(killShare),
    log,
    signal: interrupted,
  });
  try {
    process.stdout.write(formatWelcome(stack, stack.sample, stack.foreignIssuer));
    const failure = await Promise.race([stack.failure, waitForAbort(interrupted)]);
    if (failure !== undefined) throw failure;
    log({ kind: 'notice', text: 'stopping' });
  } finally {
    await stack.stop();
  }
}

function waitForAbort(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', () => {
      resolve(undefined);
    });
  });
}
