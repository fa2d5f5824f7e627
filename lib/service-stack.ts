/**
 * The service stack: everything but the tables. Connects the constructs, and outputs the names that operators
 * and tools need.
 */
import { Annotations, CfnOutput, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Api } from './api.ts';
import { type Config, listPlaceholders, pickPlace } from './config.ts';
import { FUNCTION_NAMES, makeFunctions, toPascalCase } from './functions/make-functions.ts';
import { OwnMetrics } from './observability/own-metrics.ts';
import { Observability } from './observability/observability.ts';
import { ReconcileSchedule } from './reconcile-schedule.ts';
import { HOW_TO_PROTECT, warnUnprotected } from './protection.ts';
import { addExistingTables, type Tables } from './tables.ts';
import { WorkQueue } from './work-queue.ts';

export class ServiceStack extends Stack {
  /** @param made the tables of the data stack; those that the configuration names are added to them */
  constructor(scope: Construct, config: Config, made: Partial<Tables>) {
    super(scope, config.stackName, {
      description: 'Bulk fielding-run jobs: HTTP API, queue, workers',
      terminationProtection: config.protect,
      env: pickPlace(config),
    });

    const tables = addExistingTables(this, config, made);
    const chunks = new WorkQueue(this, 'Queue', 'Chunks', config);
    const giveUps = new WorkQueue(this, 'GivingUp', 'GiveUps', config);
    const observability = new Observability(this, 'Observability', config);
    const functions = makeFunctions(this, { config, tables, chunks, giveUps }, (id) =>
      observability.makeLogGroup(id),
    );
    const api = new Api(this, 'Api', { config, functions, accessLogs: observability.accessLogs });
    chunks.deliverTo(functions.worker);
    giveUps.deliverTo(functions.worker);
    new ReconcileSchedule(this, 'Reconcile', functions.reconcile);
    const dashboard = observability.watch({
      config,
      api: api.http,
      accessLogs: observability.accessLogs,
      functions,
      chunks,
      giveUps,
      tables,
      own: new OwnMetrics(config.stackName),
    });

    this.#addOutput('ApiUrl', api.url, 'Base URL of the HTTP API');
    this.#addOutput('ApiId', api.http.apiId, 'Id of the HTTP API');
    if (api.domain !== undefined) {
      const { regionalDomainName, regionalHostedZoneId } = api.domain;
      this.#addOutput('DomainTarget', regionalDomainName, 'Where DNS must point the custom domain to');
      this.#addOutput('DomainTargetZoneId', regionalHostedZoneId, 'Hosted zone of DomainTarget');
    }
    this.#addOutput('JobsTable', tables.jobs.tableName, 'Table of the jobs');
    this.#addOutput(
      'TargetGroupsTable',
      tables.targetGroups.tableName,
      'Table of projects and target groups',
    );
    this.#addOutput('IdempotencyTable', tables.idempotency.tableName, 'Table of the idempotency records');
    this.#addOutput('KeySetsTable', tables.keySets.tableName, 'Table of the keys of the token issuer');
    this.#addOutput('ChunksQueueUrl', chunks.queue.queueUrl, 'Queue of the chunks');
    this.#addOutput('DeadLetterQueueUrl', chunks.deadLetters.queueUrl, 'Dead letters of the queue of chunks');
    this.#addOutput('GiveUpsQueueUrl', giveUps.queue.queueUrl, 'Queue of the give-ups');
    this.#addOutput(
      'GiveUpsDeadLetterQueueUrl',
      giveUps.deadLetters.queueUrl,
      'Dead letters of the queue of give-ups',
    );
    this.#addOutput('AlarmTopicArn', observability.alarmTopic.topicArn, 'Topic that alarms are sent to');
    this.#addOutput(
      'Protection',
      config.protect ? 'on' : `off: ${HOW_TO_PROTECT}`,
      'Whether stacks and tables are protected from deletion',
    );
    this.#addOutput('Dashboard', dashboard.dashboardName, 'Dashboard in CloudWatch');
    this.#addOutput('AccessLogGroup', observability.accessLogs.logGroupName, 'Log group of the API');
    for (const name of FUNCTION_NAMES) {
      const { functionName, logGroup } = functions[name];
      this.#addOutput(`${toPascalCase(name)}Function`, functionName, `Function ${name}`);
      this.#addOutput(`${toPascalCase(name)}LogGroup`, logGroup.logGroupName, `Log group of ${name}`);
    }

    warnUnprotected(this, config);
    for (const key of listPlaceholders(config)) {
      Annotations.of(this).addWarningV2(
        `fielding-jobs:${key}`,
        `${key} is the placeholder ${String(config[key])}: a real deployment must set it (in config/<name>.json, or -c ${key}=...)`,
      );
    }
  }

  #addOutput(id: string, value: string, description: string): void {
    new CfnOutput(this, id, { value, description });
  }
}
