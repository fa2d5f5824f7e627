/** What each function may do: exactly the actions that it uses, on exactly the resources that it uses. */
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { ChunksQueue } from './chunks-queue.ts';
import type { FunctionName } from './function-sizes.ts';
import { OPEN_JOBS_INDEX } from '../src/adapters/dynamodb/open-jobs-index.ts';
import type { Tables } from './tables.ts';

/** The statements of every function's role, by name. Logs and traces are granted where the function is made. */
export function permissions(tables: Tables, chunks: ChunksQueue): Record<FunctionName, PolicyStatement[]> {
  const jobs = tables.jobs.tableArn;
  const openJobs = `${jobs}/index/${OPEN_JOBS_INDEX}`;
  const targetGroups = tables.targetGroups.tableArn;
  const idempotency = tables.idempotency.tableArn;
  const queue = chunks.queue.queueArn;
  const readTargetGroups = () => allow(targetGroups, 'dynamodb:GetItem');

  return {
    'create-job': [
      allow(jobs, 'dynamodb:GetItem', 'dynamodb:PutItem'),
      readTargetGroups(),
      allow(
        idempotency,
        'dynamodb:DeleteItem',
        'dynamodb:GetItem',
        'dynamodb:PutItem',
        'dynamodb:UpdateItem',
      ),
      allow(queue, 'sqs:SendMessage'),
    ],
    'get-job': [allow(jobs, 'dynamodb:GetItem', 'dynamodb:Query')],
    'get-fielding-runs': [readTargetGroups()],
    'not-found': [],
    worker: [
      allow(jobs, 'dynamodb:GetItem', 'dynamodb:UpdateItem'),
      allow(targetGroups, 'dynamodb:GetItem', 'dynamodb:UpdateItem'),
      // What Lambda itself needs, under this role, to deliver the messages.
      allow(queue, 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'),
      // What the worker itself calls, to have a chunk that it hands back delivered soon.
      allow(queue, 'sqs:ChangeMessageVisibility'),
    ],
    reconcile: [
      allow(jobs, 'dynamodb:GetItem', 'dynamodb:UpdateItem'),
      allow(openJobs, 'dynamodb:Query'),
      readTargetGroups(),
      allow(queue, 'sqs:SendMessage'),
    ],
  };
}

function allow(resource: string, ...actions: string[]): PolicyStatement {
  return new PolicyStatement({ actions, resources: [resource] });
}
