/**
 * The wiring: each function, as bundled and with the environment that the template gives it, on a stack whose
 * configuration has no default value. What it writes, sends and answers is compared with that configuration.
 */
import { afterAll, describe } from '@jest/globals';
import { WiringRig } from '../rigs/wiring/rig.ts';
import { describeCreateJob } from './create-job.ts';
import { describeQueues } from './queues.ts';
import { describeReads } from './reads.ts';
import { describeReconcile } from './reconcile.ts';
import { describeRoutes } from './routes.ts';
import { describeTimeLeft } from './time-left.ts';
import { describeWorker } from './worker.ts';

const rig = await WiringRig.start();
afterAll(() => rig.stop());

// Their tests run side by side: most of the time they wait for a function to try again.
describe('worker', () => {
  describeWorker(rig);
});
describe('create-job', () => {
  describeCreateJob(rig);
});
describe('reconcile', () => {
  describeReconcile(rig);
});
describe('get-job and get-fielding-runs', () => {
  describeReads(rig);
});
describe('queues', () => {
  describeQueues(rig);
});
describe('routes', () => {
  describeRoutes(rig);
});
// Last, one after the other: they stop the clock of this process.
describe('the time that a function has left', () => {
  describeTimeLeft(rig);
});
