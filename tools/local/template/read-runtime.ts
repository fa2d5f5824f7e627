/**
 * Reads the parts of a template that run: functions, and the event sources, schedules and routes that call
 * them.
 */
import { type Route, readRoutes } from './read-routes.ts';
import { type EventSource, readEventSources } from './read-event-sources.ts';
import { type LambdaFunction, readFunctions } from './read-functions.ts';
import type { References } from './intrinsics.ts';
import type { Queue } from './read-queues.ts';
import { readSchedules, type Schedule } from './read-schedules.ts';
import type { Template } from './template.ts';

export interface Runtime {
  readonly functions: readonly LambdaFunction[];
  readonly eventSources: readonly EventSource[];
  readonly schedules: readonly Schedule[];
  readonly routes: readonly Route[];
}

/**
 * @param references must know the URLs of the queues, which the functions' environments contain
 * @param assets folder of a file asset by its object key
 * @param adapt changes the environment of a function for this machine
 * @throws UnsupportedTemplateError
 */
export function readRuntime(
  template: Template,
  references: References,
  assets: ReadonlyMap<string, string>,
  queues: readonly Queue[],
  adapt: (environment: LambdaFunction['environment']) => LambdaFunction['environment'] = (same) => same,
): Runtime {
  const functions = readFunctions(template, references, assets).map((each) => ({
    ...each,
    environment: adapt(each.environment),
  }));
  return {
    functions,
    eventSources: readEventSources(template, references, functions, queues),
    schedules: readSchedules(template, references, functions),
    routes: readRoutes(template, references, functions),
  };
}
