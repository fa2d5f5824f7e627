/**
 * Stops the local stack of the end-to-end suites, and sees it end cleanly, without a call that was denied,
 * and with every answer that it gave held to the description of the API.
 */
import { readFileSync } from 'node:fs';
import type { PermissionsReport } from '../../tools/local/iam/permissions.ts';
import { e2eStack } from '../support/e2e.ts';

export default async function tearDown(): Promise<void> {
  const { localStack, xrayDaemon } = globalThis;
  if (localStack === undefined) return;
  const denied = await deniedBy(localStack.info.url).catch(String);
  const code = await localStack.stop();
  xrayDaemon?.close();
  if (code !== 0) throw new Error(`the local stack ended with ${String(code)}`);
  if (denied.length > 0) throw new Error(`calls were denied: ${JSON.stringify(denied)}`);
  const { answered, judged } = answers();
  if (judged < answered) {
    throw new Error(`of ${answered} answers only ${judged} were held to docs/openapi.yaml: is fetch used?`);
  }
}

/** How many requests the stack has answered, and how many of these exchanges were judged. */
function answers(): { answered: number; judged: number } {
  const { url, logFile } = e2eStack();
  const linesOf = (file: string) => readFileSync(file, 'utf8').split('\n');
  return {
    answered: linesOf(logFile).filter((line) => line.startsWith('{"kind":"request"')).length,
    judged: linesOf(process.env['JUDGED_FILE'] ?? '').filter((origin) => origin === url).length,
  };
}

async function deniedBy(url: string): Promise<PermissionsReport['denied']> {
  const response = await fetch(`${url}/_local/permissions`);
  return ((await response.json()) as PermissionsReport).denied;
}
