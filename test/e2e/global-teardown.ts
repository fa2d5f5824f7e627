/** Stops the local stack of the end-to-end suites, and sees it end cleanly. */
export default async function tearDown(): Promise<void> {
  const code = await globalThis.localStack?.stop();
  globalThis.xrayDaemon?.close();
  if (code !== 0) throw new Error(`the local stack ended with ${String(code)}`);
}
