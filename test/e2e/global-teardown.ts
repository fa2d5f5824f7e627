/**
 * Stops the local stack of the end-to-end suites. Throws when it does not end cleanly, when it denied a call,
 * or when an answer was not checked against the description of the API.
 */
import { readFileSync } from 'node:fs';
import type { PermissionsReport } from '../../tools/local/iam/permissions.ts';
import { BUNDLES_VARIABLE } from '../../tools/local/synth.ts';
import { readE2eStack } from '../support/e2e.ts';

export default async function tearDown(): Promise<void> {
  const { localStack, xrayDaemon } = globalThis;
  if (localStack === undefined) return;
  // Else a next run in this process, as with --watch, would take bundles that are gone.
  Reflect.deleteProperty(process.env, BUNDLES_VARIABLE);
  const denied = await readDeniedCalls(localStack.info.url).catch(String);
  const code = await localStack.stop();
  xrayDaemon?.close();
  if (code !== 0) throw new Error(`the local stack ended with ${String(code)}`);
  if (denied.length > 0) throw new Error(`calls were denied: ${JSON.stringify(denied)}`);
  const { answered, judged } = countAnswers();
  if (judged < answered) {
    throw new Error(
      `only ${judged} of ${answered} answers were checked against docs/openapi.yaml: does a suite use fetch?`,
    );
  }
}

/** Counts the requests that the stack has answered, and those whose answers were checked. */
function countAnswers(): { answered: number; judged: number } {
  const { url, logFile } = readE2eStack();
  const splitLines = (file: string) => readFileSync(file, 'utf8').split('\n');
  return {
    answered: splitLines(logFile).filter((line) => line.startsWith('{"kind":"request"')).length,
    judged: splitLines(process.env['JUDGED_FILE'] ?? '').filter((origin) => origin === url).length,
  };
}

async function readDeniedCalls(url: string): Promise<PermissionsReport['denied']> {
  const response = await fetch(`${url}/_local/permissions`);
  return ((await response.json()) as PermissionsReport).denied;
}
