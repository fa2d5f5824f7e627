/** Runs one schedule: a simulated system with its clients, users, workers and reconcile. */
import { startClients } from './clients.ts';
import { startReconciler } from './reconciler.ts';
import { react, startUsers } from './users.ts';
import { startWorker } from './workers.ts';
import { type Actors, type Verdict, World, type WorldOptions } from './world.ts';

const ACTORS: Actors = {
  start: (world) => {
    startClients(world);
    startUsers(world);
    startReconciler(world);
  },
  startWorker,
  react,
};

/** Runs one schedule to its end, or to its first violation. */
export async function runWorld(options: WorldOptions): Promise<Verdict> {
  return new World(options, ACTORS).run();
}
