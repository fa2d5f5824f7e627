/**
 * Each function, as bundled and with the environment that the template gives it, under the runtime client of
 * Lambda: documented events, errors, timeouts, freezes and limits.
 */
import { afterAll, describe } from '@jest/globals';
import { LambdaRuntimeRig } from '../rigs/lambda-runtime/rig.ts';
import { describeAnswers } from './answers.ts';
import { describeErrors } from './errors.ts';
import { describeFreezes } from './freezes.ts';
import { describeInvocations } from './invocations.ts';
import { describeSizes } from './sizes.ts';
import { describeTimeouts } from './timeouts.ts';

const rig = await LambdaRuntimeRig.start();
afterAll(() => rig.stop());

describe('a documented event', () => {
  describeAnswers(rig);
});
describe('an error', () => {
  describeErrors(rig);
});
describe('a timeout', () => {
  describeTimeouts(rig);
});
describe('a freeze', () => {
  describeFreezes(rig);
});
describe('invocations of one environment', () => {
  describeInvocations(rig);
});
describe('the largest event and answer', () => {
  describeSizes(rig);
});
