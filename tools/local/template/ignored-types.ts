/** The resource types that need nothing on this machine, each with the reason. */
export const IGNORED_TYPES: ReadonlyMap<string, string> = new Map([
  ['AWS::ApiGatewayV2::Deployment', 'the gateway always serves the template as it is'],
  ['AWS::CDK::Metadata', 'says which constructs were used, does nothing'],
  ['AWS::CloudWatch::Alarm', 'nothing gathers metrics here'],
  ['AWS::CloudWatch::CompositeAlarm', 'nothing gathers metrics here'],
  ['AWS::CloudWatch::Dashboard', 'nothing gathers metrics here'],
  ['AWS::KMS::Key', 'nothing is encrypted here'],
  ['AWS::Lambda::EventInvokeConfig', 'a schedule comes again by itself, it is not retried'],
  ['AWS::Logs::LogGroup', 'log lines are shown, not kept'],
  ['AWS::Logs::QueryDefinition', 'log lines are shown, not kept'],
  ['AWS::Logs::ResourcePolicy', 'log lines are shown, not kept'],
  ['AWS::SNS::Subscription', 'no alarm is raised here that could be sent'],
  ['AWS::SNS::Topic', 'no alarm is raised here that could be sent'],
  ['AWS::SNS::TopicPolicy', 'no alarm is raised here that could be sent'],
  ['AWS::Scheduler::ScheduleGroup', 'only groups schedules'],
]);
