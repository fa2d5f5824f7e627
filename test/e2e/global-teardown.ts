/** Stops the local stack of the end-to-end suites, and sees it end cleanly, without a call that was denied. */
import type { PermissionsReport } from '../../local/iam/permissions.ts';

export default async function tearDown(): Promise<void> {
  const { localStack, xrayDaemon } = globalThis;
  if (localStack === undefined) return;
  const denied = await deniedBy(localStack.info.url).catch(String);
  const code = await localStack.stop();
  xrayDaemon?.close();
  if (code !== 0) throw new Error(`the local stack ended with ${String(code)}`);
  if (denied.length > 0) throw new Error(`calls were denied: ${JSON.stringify(denied)}`);
}

async function deniedBy(url: string): Promise<PermissionsReport['denied']> {
  const response = await fetch(`${url}/_local/permissions`);
  return ((await response.json()) as PermissionsReport).denied;
}
