/**
 * Starts one local stack for all end-to-end suites and passes its addresses on in the environment, and its
 * bundles for the stacks that suites start themselves.
 */
import { createWriteStream, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT } from '../../tools/kit/project.ts';
import { HIGH_LIMIT_OPTIONS } from '../../tools/local/high-limits.ts';
import { BUNDLES_VARIABLE } from '../../tools/local/synth.ts';
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
  process.env[BUNDLES_VARIABLE] = JSON.stringify(findBundles(globalThis.localStack, stackName));
  const judgedFile = join(folder, 'e2e-judged.txt');
  writeFileSync(judgedFile, '');
  process.env['JUDGED_FILE'] = judgedFile;
}

interface Resource {
  readonly Type: string;
  readonly Metadata?: Readonly<Record<string, string>>;
}

/** Finds the folder of each function's code in the assembly of the stack, by the id of its construct. */
function findBundles({ info }: RunningStack, stackName: string): Record<string, string> {
  const assembly = join(PROJECT, '.local', 'cdk.out', new URL(info.url).port);
  const template = readFileSync(join(assembly, `${stackName}.template.json`), 'utf8');
  const { Resources } = JSON.parse(template) as { Resources: Readonly<Record<string, Resource>> };
  const functions = Object.values(Resources).filter(({ Type }) => Type === 'AWS::Lambda::Function');
  return Object.fromEntries(
    functions.map(({ Metadata }) => {
      const [, id] = /([^/]+)\/Resource$/.exec(Metadata?.['aws:cdk:path'] ?? '') ?? [];
      const folder = Metadata?.['aws:asset:path'];
      if (id === undefined || folder === undefined) throw new Error('a function names no folder of its code');
      return [id, join(assembly, folder)];
    }),
  );
}
