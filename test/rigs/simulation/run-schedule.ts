/** Runs one schedule: a simulated system with its clients, users, workers and reconcile. */
import { startClients } from './simulated-clients.ts';
import { startReconciler } from './reconciler.ts';
import { provoke, react, startUsers } from './simulated-users.ts';
import { startGivingUp, startWorker } from './workers.ts';
import {
  type Actors,
  type ScheduleResult,
  SimulatedSystem,
  type SimulationOptions,
} from './simulated-system.ts';

const ACTORS: Actors = {
  start: (system) => {
    startClients(system);
    startUsers(system);
    startReconciler(system);
  },
  startWorker,
  startGivingUp,
  provoke,
  react,
};

/** Runs one schedule to its end, or to its first violation. */
export async function runSchedule(options: SimulationOptions): Promise<ScheduleResult> {
  return new SimulatedSystem(options, ACTORS).run();
}
