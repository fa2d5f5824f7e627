import type { LambdaRuntimeRig } from '../rigs/lambda-runtime/rig.ts';
export function describeSizes(_rig: LambdaRuntimeRig): void {
  return;
}
