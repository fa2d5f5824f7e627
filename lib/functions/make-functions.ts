/** Makes the functions of the stack. */
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { BundledFunction, type FunctionSpec, type StackParts } from './bundled-function.ts';
import { specifyCreateJob } from './create-job.ts';
import { specifyGetFieldingRuns } from './get-fielding-runs.ts';
import { specifyGetJob } from './get-job.ts';
import { specifyNotFound } from './not-found.ts';
import { specifyReconcile } from './reconcile.ts';
import { specifyWorker } from './worker.ts';

/** The specifications by name. Each function has an entry file of the same name in lambdas/. */
const SPECS = {
  'create-job': specifyCreateJob,
  'get-job': specifyGetJob,
  'get-fielding-runs': specifyGetFieldingRuns,
  'not-found': specifyNotFound,
  worker: specifyWorker,
  reconcile: specifyReconcile,
} satisfies Record<string, (parts: StackParts) => FunctionSpec>;

export type FunctionName = keyof typeof SPECS;

export const FUNCTION_NAMES = Object.keys(SPECS) as FunctionName[];

export type Functions = Readonly<Record<FunctionName, BundledFunction>>;

/** Makes all functions, each with the log group that `makeLogGroup` makes for its id. */
export function makeFunctions(
  scope: Construct,
  parts: StackParts,
  makeLogGroup: (id: string) => ILogGroup,
): Functions {
  const functions = new Construct(scope, 'Functions');
  const made = FUNCTION_NAMES.map((name) => {
    const id = toPascalCase(name);
    const props = { name, spec: SPECS[name](parts), config: parts.config, logGroup: makeLogGroup(id) };
    return [name, new BundledFunction(functions, id, props)];
  });
  return Object.fromEntries(made) as Functions;
}

/** Returns the name of a function in Pascal case, as in the ids of its resources and alarms. */
export function toPascalCase(name: FunctionName): string {
  return name.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());
}
