/** Makes the functions of the stack. */
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { BundledFunction, type FunctionSpec, type StackParts } from './bundled-function.ts';
import { createJob } from './create-job.ts';
import { getFieldingRuns } from './get-fielding-runs.ts';
import { getJob } from './get-job.ts';
import { notFound } from './not-found.ts';
import { reconcile } from './reconcile.ts';
import { worker } from './worker.ts';

/** The specifications by name. Each function has an entry file of the same name in lambdas/. */
const SPECS = {
  'create-job': createJob,
  'get-job': getJob,
  'get-fielding-runs': getFieldingRuns,
  'not-found': notFound,
  worker,
  reconcile,
} satisfies Record<string, (parts: StackParts) => FunctionSpec>;

export type FunctionName = keyof typeof SPECS;

export const FUNCTION_NAMES = Object.keys(SPECS) as FunctionName[];

export type Functions = Readonly<Record<FunctionName, BundledFunction>>;

/** Makes all functions, each with the log group that `makeLogGroup` makes for its id. */
export function makeFunctions(
  scope: Construct,
  parts: StackParts,
  logGroupOf: (id: string) => ILogGroup,
): Functions {
  const functions = new Construct(scope, 'Functions');
  const made = FUNCTION_NAMES.map((name) => {
    const id = pascalCase(name);
    const props = { name, spec: SPECS[name](parts), config: parts.config, logGroup: logGroupOf(id) };
    return [name, new BundledFunction(functions, id, props)];
  });
  return Object.fromEntries(made) as Functions;
}

/** Returns the name of a function in Pascal case, as in the ids of its resources and alarms. */
export function pascalCase(name: FunctionName): string {
  return name.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());
}
