/** The resources that alarms, dashboard and saved queries refer to, and the form of a dashboard section. */
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import type { GraphWidgetProps } from 'aws-cdk-lib/aws-cloudwatch';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { Config } from '../config.ts';
import type { Functions } from '../functions/make-functions.ts';
import type { Tables } from '../tables.ts';
import type { WorkQueue } from '../work-queue.ts';
import type { OwnMetrics } from './own-metrics.ts';

export interface WatchedResources {
  readonly config: Config;
  readonly api: HttpApi;
  readonly accessLogs: ILogGroup;
  readonly functions: Functions;
  readonly chunks: WorkQueue;
  readonly giveUps: WorkQueue;
  readonly tables: Tables;
  readonly own: OwnMetrics;
}

/** A section of the dashboard: its title, what is normal in it, and its graphs from left to right. */
export interface Section {
  readonly title: string;
  readonly normal: string;
  readonly graphs: readonly (GraphWidgetProps & { readonly title: string })[];
}
