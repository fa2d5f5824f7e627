/** Starts a local stack from a changed template, with a proxy in front of each emulator. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CallHook, forwardTo } from '../../tools/kit/forwarding.ts';
import { type Emulators, startEmulators } from '../../tools/local/emulators/start-emulators.ts';
import { type LocalStack, type LocalStackOptions, startLocalStack } from '../../tools/local/local-stack.ts';
import { synthesize } from '../../tools/local/synth.ts';

interface InterceptedStackOptions extends Pick<LocalStackOptions, 'log' | 'watch'> {
  /** The context of the app, with the name of the stack. */
  readonly context: Readonly<Record<string, unknown>> & { readonly stackName: string };
  /** Changes the file of the template before the stack starts. */
  readonly changeTemplate: (file: string) => void;
  /** Called with each call of a function to DynamoDB. */
  readonly aroundDynamoDB: CallHook;
  /** Called with each call of a function to SQS. */
  readonly aroundSqs: CallHook;
}

/** @param resources gets all that must be closed, also if the start fails */
export async function startInterceptedStack(
  resources: AsyncDisposableStack,
  { context, changeTemplate, aroundDynamoDB, aroundSqs, ...options }: InterceptedStackOptions,
): Promise<{ folder: string; emulators: Emulators; stack: LocalStack }> {
  const folder = mkdtempSync(join(tmpdir(), 'intercepted-'));
  resources.defer(() => {
    rmSync(folder, { recursive: true });
  });
  const [emulators] = await Promise.all([
    startEmulators({ dynamodb: process.env['DYNAMODB_ENDPOINT'] }, (error) => {
      throw error;
    }),
    synthesize(folder, context),
  ]);
  resources.defer(() => emulators.stop());
  changeTemplate(join(folder, `${context.stackName}.template.json`));
  const dynamoDB = resources.use(await forwardTo(emulators.dynamodb, { around: aroundDynamoDB }));
  const sqs = resources.use(await forwardTo(emulators.sqs, { around: aroundSqs }));
  const stack = await startLocalStack({
    assembly: folder,
    dynamodbEndpoint: dynamoDB.url,
    sqsEndpoint: sqs.url,
    ...options,
  });
  resources.defer(() => stack.stop());
  return { folder, emulators, stack };
}

/** So that reconcile runs when a test says so, and not beside it at the next full minute. */
export function runScheduleByHand(templateFile: string): void {
  const template = readFileSync(templateFile, 'utf8');
  writeFileSync(templateFile, template.replace('rate(1 minute)', 'rate(60 minutes)'));
}
