import type { LambdaRuntimeRig } from '../rigs/lambda-runtime/rig.ts';
export function describeTimeouts(_rig: LambdaRuntimeRig): void {
  return;
}
