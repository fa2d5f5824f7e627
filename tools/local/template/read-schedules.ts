/** Reads the schedules of a template: which function runs how often, with which event. */
import { z } from 'zod';
import { makeArn } from '../cloud.ts';
import { findFunctionByArn, type LambdaFunction } from './read-functions.ts';
import type { References } from './intrinsics.ts';
import { readProperties, findResources, type Template } from './template.ts';

const UNIT_SECONDS = { minute: 60, hour: 3_600, day: 86_400 } as const;

/** A rate expression, read as seconds. */
export const rate = z.string().transform((text, context) => {
  const match = /^rate\(([1-9]\d*) (minute|hour|day)s?\)$/.exec(text);
  if (match !== null) {
    const unit = z.enum(['minute', 'hour', 'day']).parse(match[2]);
    return Number(match[1]) * UNIT_SECONDS[unit];
  }
  context.addIssue(`${text} is not a rate expression`);
  return z.NEVER;
});

const scheduleShape = z.object({
  FlexibleTimeWindow: z.looseObject({ Mode: z.literal('OFF') }),
  ScheduleExpression: rate,
  State: z.enum(['ENABLED', 'DISABLED']).default('ENABLED'),
  // Retries have no effect here: a failed run is reported, and the next one follows.
  Target: z.strictObject({
    Arn: z.string(),
    Input: z.string().optional(),
    RetryPolicy: z.unknown().optional(),
    RoleArn: z.string(),
  }),
});

const WITHOUT_EFFECT = ['Description', 'GroupName', 'Name', 'ScheduleExpressionTimezone'];

export interface Schedule {
  readonly logicalId: string;
  readonly arn: string;
  readonly everySeconds: number;
  readonly functionId: string;
  /** ARN of the role that it runs the function with. */
  readonly roleArn: string;
  /** The event as JSON; undefined for the scheduler's default event. */
  readonly input: string | undefined;
}

/** Returns the enabled schedules. @throws UnsupportedTemplateError, for example for a cron expression */
export function readSchedules(
  template: Template,
  references: References,
  functions: readonly LambdaFunction[],
): Schedule[] {
  return findResources(template, 'AWS::Scheduler::Schedule').flatMap((resource) => {
    const properties = readProperties(resource, references, scheduleShape, WITHOUT_EFFECT);
    if (properties.State === 'DISABLED') return [];
    return {
      logicalId: resource.logicalId,
      arn: makeArn('scheduler', `schedule/default/${resource.logicalId}`),
      everySeconds: properties.ScheduleExpression,
      functionId: findFunctionByArn(functions, properties.Target.Arn, resource),
      roleArn: properties.Target.RoleArn,
      input: properties.Target.Input,
    };
  });
}
