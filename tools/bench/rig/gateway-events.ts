/** Makes the events that the API passes to the functions, and reads their answers. */
import { randomUUID } from 'node:crypto';
import { makeTraceId } from '../../local/functions/trace-id.ts';
import { makeHttpEvent } from '../../local/gateway/event.ts';
import { IDEMPOTENCY_KEY } from '../../../api/header-names.ts';
import { makeCollectionPath } from '../../../api/paths.ts';
import type { Tenant } from '../../../src/domain/ids.ts';
import type { RunningFunctions, BenchRig } from './bench-rig.ts';

/** Makes the event of a create call with a new idempotency key, as JSON. */
export function makeCreateEvent(rig: BenchRig, tenant: Tenant, ids: readonly string[]): string {
  const headers = ['content-type', 'application/json', IDEMPOTENCY_KEY, randomUUID()];
  const body = JSON.stringify({ target_group_ids: ids });
  return makeEvent(rig, 'POST', makeCollectionPath(tenant, 'resume'), headers, body);
}

/** Makes the event of a status call, as JSON. */
export function makeStatusEvent(rig: BenchRig, location: string): string {
  return makeEvent(rig, 'GET', location, [], '');
}

function makeEvent(
  rig: BenchRig,
  method: string,
  path: string,
  headers: readonly string[],
  body: string,
): string {
  const match = rig.router.match(method, path);
  if (match === undefined) throw new Error(`no route for ${method} ${path}`);
  return JSON.stringify(
    makeHttpEvent(
      {
        method,
        target: path,
        protocol: 'HTTP/1.1',
        rawHeaders: ['host', 'api.example.com', 'authorization', `Bearer ${rig.token}`, ...headers],
        body: Buffer.from(body),
        sourceIp: '127.0.0.1',
        requestId: randomUUID(),
        traceId: makeTraceId(),
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
export function parseAnswer(payload: string, expected: number): Answer {
  const answer = JSON.parse(payload) as Answer;
  if (answer.statusCode === expected) return answer;
  throw new Error(`expected ${expected}, found ${answer.statusCode}: ${answer.body ?? ''}`);
}

/** Runs a function. @throws Error unless it answers with the expected status */
export async function invokeFunction(
  running: RunningFunctions,
  name: 'create-job' | 'get-job',
  event: string,
  expected: number,
): Promise<Answer> {
  const result = await running.pools.get(name)?.invoke(event);
  if (result?.ok !== true) throw new Error(`${name} failed: ${JSON.stringify(result?.error)}`);
  return parseAnswer(result.payload, expected);
}

/** Creates a job. @returns the URL path of the job */
export async function createJob(
  running: RunningFunctions,
  rig: BenchRig,
  tenant: Tenant,
  ids: readonly string[],
): Promise<string> {
  const { headers } = await invokeFunction(running, 'create-job', makeCreateEvent(rig, tenant, ids), 201);
  const { location } = headers;
  if (location === undefined) throw new Error('an answer of 201 names no address');
  return location;
}
