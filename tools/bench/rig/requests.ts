/** Makes the events that the API passes to the functions, and reads their answers. */
import { randomUUID } from 'node:crypto';
import { newTraceId } from '../../local/functions/trace-id.ts';
import { httpEvent } from '../../local/gateway/event.ts';
import { IDEMPOTENCY_KEY } from '../../../api/header-names.ts';
import { collectionPath } from '../../../api/paths.ts';
import type { Tenant } from '../../../src/domain/ids.ts';
import type { Running, World } from './world.ts';

/** Makes the event of a create call with a new idempotency key, as JSON. */
export function createEvent(world: World, tenant: Tenant, ids: readonly string[]): string {
  const headers = ['content-type', 'application/json', IDEMPOTENCY_KEY, randomUUID()];
  const body = JSON.stringify({ target_group_ids: ids });
  return event(world, 'POST', collectionPath(tenant, 'resume'), headers, body);
}

/** Makes the event of a status call, as JSON. */
export function statusEvent(world: World, location: string): string {
  return event(world, 'GET', location, [], '');
}

function event(world: World, method: string, path: string, headers: readonly string[], body: string): string {
  const match = world.router.match(method, path);
  if (match === undefined) throw new Error(`no route for ${method} ${path}`);
  return JSON.stringify(
    httpEvent(
      {
        method,
        target: path,
        protocol: 'HTTP/1.1',
        rawHeaders: ['host', 'api.example.com', 'authorization', `Bearer ${world.token}`, ...headers],
        body: Buffer.from(body),
        sourceIp: '127.0.0.1',
        requestId: randomUUID(),
        traceId: newTraceId(),
        time: new Date(),
      },
      match,
    ),
  );
}

interface Answer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** @throws Error for any other answer than the expected one */
export function answerOf(payload: string, expected: number): Answer {
  const answer = JSON.parse(payload) as Answer;
  if (answer.statusCode === expected) return answer;
  throw new Error(`expected ${expected}, found ${answer.statusCode}: ${answer.body ?? ''}`);
}

/** Runs a function. @throws Error unless it answers with the expected status */
export async function call(
  running: Running,
  name: 'create-job' | 'get-job',
  event: string,
  expected: number,
): Promise<Answer> {
  const result = await running.pools.get(name)?.invoke(event);
  if (result?.ok !== true) throw new Error(`${name} failed: ${JSON.stringify(result?.error)}`);
  return answerOf(result.payload, expected);
}

/** Creates a job. @returns the URL path of the job */
export async function create(
  running: Running,
  world: World,
  tenant: Tenant,
  ids: readonly string[],
): Promise<string> {
  const { headers } = await call(running, 'create-job', createEvent(world, tenant, ids), 201);
  const { location } = headers;
  if (location === undefined) throw new Error('an answer of 201 names no address');
  return location;
}
