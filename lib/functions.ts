/** The functions, each with its environment and permissions. */
import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import { Construct } from 'constructs';
import { bundledFunction } from './bundled-function.ts';
import type { ChunksQueue } from './chunks-queue.ts';
import type { Config } from './config.ts';
import { environments } from './environment.ts';
import { type FunctionName, reservedConcurrency, timeoutSeconds } from './function-sizes.ts';
import type { Observability } from './observability/observability.ts';
import { permissions } from './permissions.ts';
import type { Tables } from './tables.ts';

export interface FunctionsProps {
  readonly config: Config;
  readonly tables: Tables;
  readonly chunks: ChunksQueue;
  readonly observability: Observability;
}

export class Functions extends Construct {
  readonly createJob: NodejsFunction;
  readonly getJob: NodejsFunction;
  readonly getFieldingRuns: NodejsFunction;
  readonly notFound: NodejsFunction;
  readonly worker: NodejsFunction;
  readonly reconcile: NodejsFunction;

  constructor(scope: Construct, id: string, props: FunctionsProps) {
    super(scope, id);
    const { config, tables, chunks, observability } = props;
    const environment = environments(config, tables, chunks);
    const statements = permissions(tables, chunks);

    const make = (functionId: string, name: FunctionName) =>
      bundledFunction(this, functionId, {
        name,
        timeoutSeconds: timeoutSeconds(name, config),
        reservedConcurrency: reservedConcurrency(name, config),
        environment: environment[name],
        statements: statements[name],
        logGroup: observability.logGroup(functionId),
      });

    this.createJob = make('CreateJob', 'create-job');
    this.getJob = make('GetJob', 'get-job');
    this.getFieldingRuns = make('GetFieldingRuns', 'get-fielding-runs');
    this.notFound = make('NotFound', 'not-found');
    this.worker = make('Worker', 'worker');
    this.reconcile = make('Reconcile', 'reconcile');
  }

  /** Every function, by name. */
  get all(): Record<FunctionName, NodejsFunction> {
    return {
      'create-job': this.createJob,
      'get-job': this.getJob,
      'get-fielding-runs': this.getFieldingRuns,
      'not-found': this.notFound,
      worker: this.worker,
      reconcile: this.reconcile,
    };
  }
}
