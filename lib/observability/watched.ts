/** What the alarms, the dashboard and the saved queries look at. */
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { ChunksQueue } from '../chunks-queue.ts';
import type { Config } from '../config.ts';
import type { Functions } from '../functions/functions.ts';
import type { Tables } from '../tables.ts';
import type { OwnMetrics } from './own-metrics.ts';

export interface Watched {
  readonly config: Config;
  readonly api: HttpApi;
  readonly accessLogs: ILogGroup;
  readonly functions: Functions;
  readonly chunks: ChunksQueue;
  readonly tables: Tables;
  readonly own: OwnMetrics;
}
