import type { LambdaRuntimeRig } from '../rigs/lambda-runtime/rig.ts';
export function describeFreezes(_rig: LambdaRuntimeRig): void {
  return;
}
