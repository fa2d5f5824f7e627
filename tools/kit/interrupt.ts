/** Turns Ctrl-C, SIGTERM and the end of npm into one abort signal. */

/** One Ctrl-C arrives twice: the terminal signals every process, and npm forwards the signal once more. */
const SAME_PRESS_MILLISECONDS = 500;

const PARENT_CHECK_MILLISECONDS = 250;

/** Aborts at the first interrupt; the second ends the process at once. */
export function abortOnInterrupt(): AbortSignal {
  const first = new AbortController();
  let firstAt = 0;
  const interrupt = () => {
    if (!first.signal.aborted) {
      firstAt = performance.now();
      first.abort();
    } else if (performance.now() - firstAt > SAME_PRESS_MILLISECONDS) {
      process.exit(130);
    }
  };
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  if (process.env['npm_lifecycle_event'] !== undefined) watchParent(interrupt);
  return first.signal;
}

/**
 * Notices a signal that was sent to npm alone: it ends the shell between npm and us, which forwards nothing.
 */
function watchParent(act: () => void): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    act();
  }, PARENT_CHECK_MILLISECONDS);
  timer.unref();
}
