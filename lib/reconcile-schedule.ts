/** The schedule that runs reconcile every minute. */
import { Duration, Stack } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Schedule, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import { Construct } from 'constructs';
import { RECONCILE_EVERY_MINUTES } from './function-times.ts';

/** No retries: the next run begins within a minute, and retries would only pile up. */
const NO_RETRY = { retryAttempts: 0, maxEventAge: Duration.minutes(1) };

export class ReconcileSchedule extends Construct {
  constructor(scope: Construct, id: string, reconcile: IFunction) {
    super(scope, id);
    const role = makeSchedulerRole(this, reconcile);
    // The scheduler invokes asynchronously, and Lambda would retry a failed run twice.
    reconcile.configureAsyncInvoke(NO_RETRY);

    new Schedule(this, 'EveryMinute', {
      description: 'Runs reconcile, which takes up stalled jobs',
      schedule: ScheduleExpression.rate(Duration.minutes(RECONCILE_EVERY_MINUTES)),
      target: new LambdaInvoke(reconcile, {
        // By default CDK also grants every version of the function.
        role: role.withoutPolicyUpdates(),
        ...NO_RETRY,
      }),
    });
  }
}

/** Makes a role that only the scheduler can assume, for this account's schedules, to run this function. */
function makeSchedulerRole(scope: Construct, reconcile: IFunction): Role {
  const stack = Stack.of(scope);
  const scheduleGroup = stack.formatArn({
    service: 'scheduler',
    resource: 'schedule-group',
    resourceName: 'default',
  });
  const role = new Role(scope, 'Role', {
    description: 'Role of the schedule that runs reconcile',
    assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': stack.account, 'aws:SourceArn': scheduleGroup } },
    }),
  });
  role.addToPolicy(
    new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [reconcile.functionArn] }),
  );
  return role;
}
