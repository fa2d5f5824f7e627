/**
 * The saved queries of CloudWatch Logs Insights, in a folder with the name of the stack. Their fields are
 * those of the table of events in docs/logs.md and of the access log in lib/api.ts.
 */
import { Stack } from 'aws-cdk-lib';
import { type ILogGroup, QueryDefinition, QueryString, type QueryStringProps } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { KnownError } from '../../src/domain/known-error.ts';
import type { FailureCode } from '../../src/domain/outcome.ts';
import type { EventName } from '../../src/observability/events.ts';
import type { WatchedResources } from './watched-resources.ts';

interface SavedQuery extends QueryStringProps {
  readonly name: string;
  readonly logs: ILogGroup[];
}

const NEWEST_FIRST = '@timestamp desc';

/** The column of each code. The query sorts by them in this order: our own failures first. */
const FAILURE_COLUMNS: Readonly<Record<FailureCode, string>> = {
  InternalError: 'internal_error',
  StatusTransitionNotAllowed: 'not_allowed',
  TargetGroupNotFound: 'not_found',
};

/** Saves the queries. A word in capitals, such as JOB_ID, is to be replaced by an id. */
export function saveQueries(scope: Construct, watched: WatchedResources): void {
  for (const { name, logs, ...query } of listQueries(watched)) {
    new QueryDefinition(scope, `Query${name.replaceAll(/\W/g, '')}`, {
      queryDefinitionName: `${Stack.of(scope).stackName}/${name}`,
      queryString: new QueryString(query),
      logGroups: logs,
    });
  }
}

function listQueries({ functions, accessLogs }: WatchedResources): SavedQuery[] {
  const create = functions['create-job'].logGroup;
  const worker = functions.worker.logGroup;
  const reconcile = functions.reconcile.logGroup;
  const answering = [create, functions['get-job'].logGroup, functions['get-fielding-runs'].logGroup];
  answering.push(functions['not-found'].logGroup);
  return [
    {
      name: 'Story of a job',
      logs: [create, worker, reconcile],
      fields: [
        '@timestamp',
        'message',
        'chunk',
        'target_groups',
        'chunks',
        'updated',
        'failed',
        'unfinished',
        'status',
        'race',
        'ms',
        'error.message',
        'trace_id',
      ],
      filterStatements: ['job_id = "JOB_ID"'],
      sort: '@timestamp asc',
      limit: 1000,
    },
    {
      name: 'Story of a trace',
      logs: [...answering, worker],
      fields: ['@timestamp', 'function_name', 'message', 'job_id', 'chunk', 'status', 'error.message'],
      filterStatements: ['trace_id = "TRACE_ID"'],
      sort: '@timestamp asc',
      limit: 1000,
    },
    {
      name: 'Error by its id',
      logs: answering,
      fields: [
        '@timestamp',
        'function_name',
        'status',
        'route',
        'kind',
        'error.name',
        'error.message',
        'error.stack',
        'trace_id',
      ],
      filterStatements: ['error_id = "ERROR_ID"'],
    },
    {
      name: 'Failures by reason',
      logs: [worker, reconcile],
      filterStatements: [`${selectEvents('chunk.settled')} and failed > 0`],
      statsStatements: [
        Object.entries(FAILURE_COLUMNS)
          .map(([code, column]) => `sum(failures_by_code.${code}) as ${column}`)
          .join(', ') + ' by account_id, project_id, action, job_id',
      ],
      sort: Object.values(FAILURE_COLUMNS)
        .map((column) => `${column} desc`)
        .join(', '),
      limit: 100,
    },
    {
      name: 'Slowest jobs',
      logs: [worker, reconcile],
      fields: ['@timestamp', 'job_id', 'account_id', 'action', 'status', 'ms'],
      filterStatements: [selectEvents('job.finished')],
      sort: 'ms desc',
      limit: 20,
    },
    {
      name: 'Jobs that needed help',
      logs: [create, reconcile],
      filterStatements: [
        selectEvents(
          'fan-out.failed',
          'job.re-enqueued',
          'job.deadline-passed',
          'job.last-resort',
          'job.not-reconciled',
        ),
      ],
      statsStatements: ['count(*) as times, latest(error.message) as last_error by job_id, message'],
      sort: 'times desc',
      limit: 100,
    },
    {
      name: 'Chunks that were not finished',
      logs: [worker],
      filterStatements: [selectEvents('chunk.handed-back', 'chunk.failed', 'message.unparsable')],
      statsStatements: [
        'count(*) as times, latest(job_id) as last_job by message, error.name, error.message',
      ],
      sort: 'times desc',
      limit: 100,
    },
    {
      name: 'Errors of the functions',
      logs: [...answering, worker, reconcile],
      fields: ['@timestamp', '@log', 'message', 'error.name', 'error.message', 'job_id', '@message'],
      // Lambda's own lines about a crash are not JSON, so they have no level.
      filterStatements: [
        'level in ["ERROR", "CRITICAL"] or @message like /Task timed out|Runtime exited|Init Error|Invoke Error|Uncaught/',
      ],
      sort: NEWEST_FIRST,
      limit: 100,
    },
    {
      name: 'Who replays',
      logs: [create],
      filterStatements: [selectEvents('job.replayed')],
      statsStatements: ['count(*) as replays, count_distinct(job_id) as jobs by account_id, project_id'],
      sort: 'replays desc',
      limit: 100,
    },
    {
      name: 'Who is refused',
      logs: [create],
      filterStatements: [selectEvents('job.refused')],
      statsStatements: [
        'count(*) as times, sum(target_groups) as refused, max(@timestamp) as last by limit, account_id',
      ],
      sort: 'times desc',
      limit: 100,
    },
    {
      name: 'Keys used twice',
      logs: [create],
      filterStatements: [
        `${selectEvents('request.refused')} and ${selectErrors('IdempotencyKeyReusedError')}`,
      ],
      statsStatements: ['count(*) as times, max(@timestamp) as last by evidence.job_id'],
      sort: 'times desc',
      limit: 100,
    },
    {
      name: 'Why requests are refused',
      logs: answering,
      filterStatements: [selectEvents('request.refused')],
      statsStatements: ['count(*) as times by status, kind, route'],
      sort: 'times desc',
      limit: 100,
    },
    {
      name: 'Why tokens are refused',
      logs: answering,
      filterStatements: [`${selectEvents('request.refused')} and status = 401`],
      statsStatements: ['count(*) as times by evidence.reason'],
      sort: 'times desc',
    },
    {
      name: 'Answers of the API',
      logs: [accessLogs],
      statsStatements: ['count(*) as times by status, routeKey, integrationStatus, errorResponseType'],
      sort: 'status desc, times desc',
      limit: 100,
    },
    {
      name: 'Slow routes',
      logs: [accessLogs],
      statsStatements: [
        [
          'count(*) as requests',
          'pct(responseLatency, 50) as p50',
          'pct(responseLatency, 99) as p99',
          'pct(integrationLatency, 99) as function_p99',
          'max(responseLatency) as slowest by routeKey',
        ].join(', '),
      ],
      sort: 'p99 desc',
    },
  ];
}

/** Makes the condition that a line is of one of these events. */
function selectEvents(...names: EventName[]): string {
  const texts = names.map((name) => `"${name}"`).join(', ');
  return names.length === 1 ? `message = ${texts}` : `message in [${texts}]`;
}

/** Makes the condition that a line is about a request that was refused for this error. */
function selectErrors(name: KnownError['name']): string {
  return `kind = "${name}"`;
}
