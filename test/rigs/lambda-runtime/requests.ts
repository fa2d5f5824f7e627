/** The requests of callers, as the events that their functions get, and the answers of the functions. */
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { z } from 'zod';
import { makeCollectionPath, makeFieldingRunsPath, makeJobPath } from '../../../api/paths.ts';
import { GATEWAY_ROUTES, type Operation } from '../../../api/routes.ts';
import type { Tenant } from '../../../src/domain/ids.ts';
import { anId } from '../../support/builders.ts';
import { makeApiEvent } from './events.ts';
import type { Ending } from './execution-environment.ts';

export type Headers = Readonly<Record<string, string>>;

/** @param ids of target groups, or the whole body */
export function makeCreateEvent(
  tenant: Tenant,
  ids: readonly string[] | string,
  headers: Headers = {},
): APIGatewayProxyEventV2 {
  const path = makeCollectionPath(tenant, 'resume');
  return makeApiEvent({
    routeKey: findGatewayRoute('createJob'),
    path,
    pathParameters: { ...makeParameters(tenant), collection: path.split('/').at(-1) ?? '' },
    headers: { 'content-type': 'application/json', 'idempotency-key': anId('K'), ...headers },
    body: typeof ids === 'string' ? ids : JSON.stringify({ target_group_ids: ids }),
  });
}

export function makeJobEvent(tenant: Tenant, jobId: string, headers: Headers = {}): APIGatewayProxyEventV2 {
  const path = makeJobPath(tenant, 'resume', jobId);
  return makeApiEvent({
    routeKey: findGatewayRoute('getJob'),
    path,
    pathParameters: { ...makeParameters(tenant), collection: path.split('/').at(-2) ?? '', job_id: jobId },
    headers,
  });
}

export function makeFieldingRunsEvent(
  tenant: Tenant,
  targetGroupId: string,
  headers: Headers = {},
): APIGatewayProxyEventV2 {
  return makeApiEvent({
    routeKey: findGatewayRoute('getFieldingRuns'),
    path: makeFieldingRunsPath(tenant, targetGroupId),
    pathParameters: { ...makeParameters(tenant), target_group_id: targetGroupId },
    headers,
  });
}

/** Returns the key of the first route of the gateway that serves an operation: the one without `/v1`. */
function findGatewayRoute(operation: Operation): string {
  const route = GATEWAY_ROUTES.find((each) => each.operation === operation);
  if (route === undefined) throw new Error(`no route serves ${operation}`);
  return route.key;
}

function makeParameters({ accountId, projectId }: Tenant): Record<string, string> {
  return { account_id: String(accountId), project_id: projectId };
}

const answerShape = z.object({
  statusCode: z.number(),
  headers: z.record(z.string(), z.string()),
  body: z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .optional(),
});

/** The answer of an HTTP function. @throws Error when the invocation had no response */
export function readAnswer(ending: Ending): z.infer<typeof answerShape> {
  if (ending.kind !== 'response') throw new Error(`there is no response: ${JSON.stringify(ending)}`);
  return answerShape.parse(JSON.parse(ending.body));
}

/** The id of the job that create-job has answered with. @throws Error when it has created none */
export function readJobId(ending: Ending): string {
  const { statusCode, headers, body } = readAnswer(ending);
  const jobId = headers['location']?.split('/').at(-1);
  if (statusCode !== 201 || jobId === undefined)
    throw new Error(`no job: ${statusCode} ${JSON.stringify(body)}`);
  return jobId;
}
