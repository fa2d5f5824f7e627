/** Reads the alarms, metrics of the dashboard, saved queries and log groups of a synthesized template. */
import { z } from 'zod';
import { readAssembly } from '../../../tools/local/read-assembly.ts';
import type { LocalStack } from '../../../tools/local/local-stack.ts';
import { readFunctions } from '../../../tools/local/template/read-functions.ts';
import { type References, resolve } from '../../../tools/local/template/intrinsics.ts';
import { makeReferences } from '../../../tools/local/template/references.ts';
import { findResources, type Template } from '../../../tools/local/template/template.ts';
import { readWidgets, listReferences as metricsOf } from '../../stack/widgets.ts';
import { type Alarm, readAlarm } from './alarm.ts';
import type { MetricReference } from './metric-reference.ts';
import { readQuery, type SavedQuery } from './saved-query.ts';

const tableShape = z.object({
  GlobalSecondaryIndexes: z.array(z.object({ IndexName: z.string() })).default([]),
});
const stageShape = z.object({
  AccessLogSettings: z.object({ Format: z.string(), DestinationArn: z.string() }),
});

export class WatchedResources {
  /** Alarms by name, without the stack's name. */
  readonly alarms: ReadonlyMap<string, Alarm>;
  /** The metrics of each graph, with its title. */
  readonly graphs: readonly { readonly title: string; readonly metrics: readonly MetricReference[] }[];
  readonly queries: readonly SavedQuery[];
  /** Names of the indexes, by the logical id of their table. */
  readonly indexes: Readonly<Record<string, readonly string[]>>;
  readonly apiId: string;
  readonly accessLogGroup: string;
  /** The format of a line, in JSON: fields by name. */
  readonly accessLogFormat: string;
  readonly stackName: string;
  readonly #logGroups: ReadonlyMap<string, string>;

  private constructor(template: Template, references: References, assets: ReadonlyMap<string, string>) {
    const properties = (type: string) =>
      findResources(template, type).map((resource) => resolve(resource.properties, references));
    this.stackName = template.stackName;
    this.alarms = new Map(
      properties('AWS::CloudWatch::Alarm')
        .map(readAlarm)
        .map((alarm) => [alarm.name.slice(template.stackName.length + 1), alarm]),
    );
    this.graphs = properties('AWS::CloudWatch::Dashboard').flatMap((dashboard) =>
      readWidgets(z.object({ DashboardBody: z.string() }).parse(dashboard).DashboardBody).flatMap(
        ({ type, properties: { title = '', metrics = [] } }) =>
          type === 'metric' ? [{ title, metrics: metricsOf(metrics) }] : [],
      ),
    );
    this.queries = properties('AWS::Logs::QueryDefinition').map(readQuery);
    this.indexes = Object.fromEntries(
      findResources(template, 'AWS::DynamoDB::GlobalTable').map(({ logicalId, properties: table }) => [
        logicalId,
        tableShape.parse(resolve(table, references)).GlobalSecondaryIndexes.map(({ IndexName }) => IndexName),
      ]),
    );
    const { AccessLogSettings } = stageShape.parse(properties('AWS::ApiGatewayV2::Stage')[0]);
    this.accessLogFormat = AccessLogSettings.Format;
    this.accessLogGroup = /:log-group:([^:]+)/.exec(AccessLogSettings.DestinationArn)?.[1] ?? '';
    this.apiId = findResources(template, 'AWS::ApiGatewayV2::Api')[0]?.logicalId ?? '';
    this.#logGroups = new Map(
      readFunctions(template, references, assets).map(({ displayName, logGroup }) => [displayName, logGroup]),
    );
  }

  /**
   * @param folder the folder of the assembly
   * @param stack the local stack that was started from it
   */
  static async readAssemblyOf(
    folder: string,
    stack: Pick<LocalStack, 'url' | 'queues'>,
  ): Promise<WatchedResources> {
    const { template, assets } = await readAssembly(folder);
    const local = makeReferences(template, { apiUrl: stack.url, findQueueUrl: (id) => stack.queues[id] });
    const references = {
      ...local,
      // The dashboard lists the alarms by their ARNs, which do not exist on this machine.
      getAttribute: (id: string, name: string) =>
        template.resources.get(id)?.type === 'AWS::CloudWatch::Alarm' ? id : local.getAttribute(id, name),
    };
    return new WatchedResources(template, references, assets);
  }

  /** Returns the log group of a function. @throws Error if there is no such function */
  findLogGroup(functionName: string): string {
    const group = this.#logGroups.get(functionName);
    if (group === undefined) throw new Error(`there is no function ${functionName}`);
    return group;
  }
}
