/** The resource types that the local stack ignores, each with the reason. */
export const IGNORED_TYPES: ReadonlyMap<string, string> = new Map([
  ['AWS::ApiGatewayV2::Deployment', 'the gateway always serves the template as it is'],
  ['AWS::CDK::Metadata', 'only reports which constructs were used'],
  ['AWS::CloudWatch::Alarm', 'nothing gathers metrics here'],
  ['AWS::CloudWatch::CompositeAlarm', 'nothing gathers metrics here'],
  ['AWS::CloudWatch::Dashboard', 'nothing gathers metrics here'],
  ['AWS::KMS::Key', 'nothing is encrypted here'],
  ['AWS::Lambda::EventInvokeConfig', 'a failed run is not retried here, the next scheduled run follows'],
  ['AWS::Logs::LogGroup', 'log lines are printed, not stored'],
  ['AWS::Logs::QueryDefinition', 'log lines are printed, not stored'],
  ['AWS::Logs::ResourcePolicy', 'log lines are printed, not stored'],
  ['AWS::SNS::Subscription', 'there are no alarms here to send'],
  ['AWS::SNS::Topic', 'there are no alarms here to send'],
  ['AWS::SNS::TopicPolicy', 'there are no alarms here to send'],
  ['AWS::Scheduler::ScheduleGroup', 'only groups schedules'],
]);
