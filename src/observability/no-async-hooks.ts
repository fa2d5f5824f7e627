/**
 * Takes the place of `async_hooks` in the bundle of the Tracer (lib/functions/bundled-function.ts, ADR 33).
 *
 * The X-Ray SDK follows the current segment through every promise with hooks, which cannot be switched off
 * again: a chunk took half again as much CPU time, also in later invocations that are not recorded. In Lambda
 * there is one current segment for the whole process, so no call needs them.
 */
export function createHook() {
  return { enable: () => undefined };
}
