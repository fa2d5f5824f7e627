/** Starts one local stack for all end-to-end suites and passes its addresses on in the environment. */
import { createWriteStream, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT } from '../../tools/kit/project.ts';
import { HIGH_LIMIT_OPTIONS } from '../../tools/local/high-limits.ts';
import { type RunningStack, startStack } from '../support/start-stack.ts';
import { FakeXrayDaemon } from '../support/fake-xray-daemon.ts';

declare global {
  var localStack: RunningStack | undefined;
  var xrayDaemon: FakeXrayDaemon | undefined;
}

export default async function setUp(): Promise<void> {
  const folder = join(PROJECT, '.local');
  mkdirSync(folder, { recursive: true });
  const logFile = join(folder, 'e2e.jsonl');
  // The name is unique, so that each run has its own tables on an external DynamoDB.
  const stackName = `E2e${process.pid}`;
  const segmentFile = join(folder, 'e2e-segments.jsonl');
  globalThis.xrayDaemon = await FakeXrayDaemon.listen(createWriteStream(segmentFile));
  globalThis.localStack = await startStack(['-c', `stackName=${stackName}`, ...HIGH_LIMIT_OPTIONS], logFile, {
    AWS_XRAY_DAEMON_ADDRESS: globalThis.xrayDaemon.address,
  });
  process.env['E2E_STACK'] = JSON.stringify({ ...globalThis.localStack.info, logFile, segmentFile });
  const judgedFile = join(folder, 'e2e-judged.txt');
  writeFileSync(judgedFile, '');
  process.env['JUDGED_FILE'] = judgedFile;
}
