import type { LambdaRuntimeRig } from '../rigs/lambda-runtime/rig.ts';
export function describeInvocations(_rig: LambdaRuntimeRig): void {
  return;
}
