/**
 * Rules that AWS documents and that a template meets at its first deployment, each with its source. Only what
 * can be told from the template is here; docs/deploying.md and the runbook have the rest.
 */
import type { DeployedTemplate, TemplateResource } from './deployed-templates.ts';
import { listAllDependencies, listReferences } from './references.ts';
import { measure, readList, readObject, readText } from './written-out.ts';

export interface LimitRule {
  readonly rule: string;
  readonly source: string;
  /** Lists what breaks the rule. */
  readonly find: (deployed: DeployedTemplate) => string[];
}

type Entry = readonly [logicalId: string, resource: TemplateResource];

const CFN = 'https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide';
const CLOUDWATCH = 'https://docs.aws.amazon.com/AmazonCloudWatch/latest';

export const LIMIT_RULES: readonly LimitRule[] = [
  {
    rule: 'a template has at most 1 MB, 500 resources, 200 outputs and 200 parameters, and a short description',
    source: `${CFN}/cloudformation-limits.html`,
    find: ({ body, template }) => [
      ...atMost('bytes', Buffer.byteLength(body), 1_000_000),
      ...atMost('resources', Object.keys(template.Resources).length, 500),
      ...atMost('outputs', Object.keys(template.Outputs).length, 200),
      ...atMost('parameters', Object.keys(template.Parameters).length, 200),
      ...atMost('bytes of the description', Buffer.byteLength(template.Description), 1_024),
    ],
  },
  {
    rule: 'no resource needs itself',
    source: `${CFN}/troubleshooting.html#troubleshooting-errors-dependency-error`,
    find: (deployed) =>
      Object.keys(deployed.template.Resources).filter((id) => listAllDependencies(deployed, id).has(id)),
  },
  {
    // A kept resource would be in the way of the next stack that makes one of its name.
    rule: 'a resource that is kept has no name that another stack could give again',
    source: `${CFN}/aws-properties-name.html`,
    find: ({ template }) =>
      Object.entries(template.Resources).flatMap(([id, { DeletionPolicy, Properties }]) =>
        Object.entries(Properties)
          .filter(([name, value]) => DeletionPolicy.startsWith('Retain') && isFixedName(name, value))
          .map(([name]) => `${id}.${name}`),
      ),
  },
  {
    rule: 'descriptions are within their limits',
    source: 'https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html',
    find: (deployed) =>
      Object.entries({
        'AWS::IAM::Role': 1_000,
        'AWS::KMS::Key': 8_192,
        'AWS::Lambda::Function': 256,
        'AWS::Scheduler::Schedule': 512,
      }).flatMap(([type, limit]) =>
        ofType(deployed, type).flatMap(([id, { Properties }]) =>
          atMost(`${id}.Description`, measure(Properties['Description'] ?? '', deployed), limit),
        ),
      ),
  },
  {
    rule: 'the environment of a function has at most 4 KB, and no variable of Lambda',
    source: 'https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html',
    find: (deployed) =>
      ofType(deployed, 'AWS::Lambda::Function').flatMap(([id, { Properties }]) => {
        const variables = readObject(readObject(Properties['Environment'])['Variables']);
        return [
          ...atMost(`${id}: bytes of the environment`, measure(variables, deployed), 4_096),
          ...Object.keys(variables).filter((name) => RESERVED_VARIABLE.test(name)),
        ];
      }),
  },
  {
    rule: 'the permissions of a function have at most 20,480 bytes',
    source: 'https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html',
    find: (deployed) => {
      const sizes = new Map<string, number>();
      for (const [, { Properties }] of ofType(deployed, 'AWS::Lambda::Permission')) {
        const { FunctionName, ...statement } = Properties;
        const logicalId = listReferences(FunctionName)[0]?.logicalId ?? '';
        // Sid, Effect, Resource and the names of the condition are not in the template.
        sizes.set(logicalId, (sizes.get(logicalId) ?? 0) + measure(statement, deployed) + 300);
      }
      return [...sizes].flatMap(([id, size]) => atMost(`${id}: bytes of permissions`, size, 20_480));
    },
  },
  {
    // With this permission, the last lines of a function make its group again after the stack has removed it.
    rule: 'a function writes to a log group of the stack, and no role may make one',
    source: 'https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-loggroups.html',
    find: (deployed) => [
      ...ofType(deployed, 'AWS::Lambda::Function')
        .filter(([, { Properties }]) => {
          const [group] = listReferences(readObject(Properties['LoggingConfig'])['LogGroup']);
          return deployed.template.Resources[group?.logicalId ?? '']?.Type !== 'AWS::Logs::LogGroup';
        })
        .map(([id]) => `${id} has no log group`),
      ...Object.entries(deployed.template.Resources)
        .filter(([, { Properties }]) => JSON.stringify(Properties).includes('logs:CreateLogGroup'))
        .map(([id]) => `${id} may make log groups`),
    ],
  },
  {
    rule: 'a role may read a queue before a function is connected with it',
    source: 'https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html',
    find: (deployed) =>
      ofType(deployed, 'AWS::Lambda::EventSourceMapping').flatMap(([id]) => {
        const before = listAllDependencies(deployed, id);
        return ofType(deployed, 'AWS::IAM::Policy')
          .filter(([, { Properties }]) =>
            listReferences(Properties['Roles']).some((role) => before.has(role.logicalId)),
          )
          .filter(([policy]) => !before.has(policy))
          .map(([policy]) => `${id} does not depend on ${policy}`);
      }),
  },
  {
    // Lambda refuses to make the function otherwise, and cannot remove its interfaces without the policy.
    rule: 'a role may make network interfaces before its function is put into a subnet',
    source:
      'https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions',
    find: (deployed) =>
      ofType(deployed, 'AWS::Lambda::Function')
        .filter(([, { Properties }]) => 'VpcConfig' in Properties)
        .flatMap(([id]) => {
          const before = listAllDependencies(deployed, id);
          const allowed = ofType(deployed, 'AWS::IAM::Policy').some(
            ([policy, { Properties }]) =>
              before.has(policy) && JSON.stringify(Properties).includes('ec2:CreateNetworkInterface'),
          );
          return allowed ? [] : [`${id} may not make network interfaces before it is made`];
        }),
  },
  {
    rule: 'a message stays hidden at least as long as the function that takes it may run',
    source: 'https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html',
    find: (deployed) =>
      ofType(deployed, 'AWS::Lambda::EventSourceMapping').flatMap(([id, { Properties }]) => {
        const queue = findTarget(deployed, Properties['EventSourceArn']);
        const timeout = Number(findTarget(deployed, Properties['FunctionName'])['Timeout'] ?? 3);
        const hidden = Number(queue['VisibilityTimeout'] ?? 30);
        return [
          ...(hidden < timeout ? [`${id}: hidden for ${hidden} s, runs for ${timeout} s`] : []),
          ...atMost(`${id}: seconds that messages are hidden`, hidden, 43_200),
          // More needs a batch window.
          ...(Properties['MaximumBatchingWindowInSeconds'] === 0
            ? atMost(`${id}: messages in a batch`, Number(Properties['BatchSize'] ?? 10), 10)
            : []),
        ];
      }),
  },
  {
    rule: 'the name of a queue has at most 80 characters, and it allows at most 10 sources of dead letters',
    source: 'https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html',
    find: (deployed) =>
      ofType(deployed, 'AWS::SQS::Queue').flatMap(([id, { Properties }]) => [
        ...checkName(id, Properties['QueueName'], /^[\w-]{1,80}$/, deployed),
        ...atMost(
          `${id}: sources`,
          readList(readObject(Properties['RedriveAllowPolicy'])['sourceQueueArns']).length,
          10,
        ),
      ]),
  },
  {
    rule: 'the policies of a role have at most 10,240 characters, and who may assume it 2,048',
    source: 'https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html',
    find: (deployed) =>
      ofType(deployed, 'AWS::IAM::Role').flatMap(([id, { Properties }]) => {
        const policies = ofType(deployed, 'AWS::IAM::Policy').filter(([, policy]) =>
          listReferences(policy.Properties['Roles']).some(({ logicalId }) => logicalId === id),
        );
        const size = policies.reduce(
          (sum, [, policy]) => sum + measure(policy.Properties['PolicyDocument'], deployed),
          0,
        );
        return [
          ...atMost(`${id}: characters of policies`, size, 10_240),
          ...atMost(`${id}: trust`, measure(Properties['AssumeRolePolicyDocument'], deployed), 2_048),
        ];
      }),
  },
  {
    rule: 'an API has at most 300 routes and 300 integrations, and a name of at most 128 characters',
    source: 'https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html',
    find: (deployed) => [
      ...atMost('routes', ofType(deployed, 'AWS::ApiGatewayV2::Route').length, 300),
      ...atMost('integrations', ofType(deployed, 'AWS::ApiGatewayV2::Integration').length, 300),
      ...ofType(deployed, 'AWS::ApiGatewayV2::Api').flatMap(([id, { Properties }]) =>
        checkName(id, Properties['Name'], /^.{1,128}$/, deployed),
      ),
    ],
  },
  {
    rule: 'the format of an access log has at most 3 KB, and the id of the request',
    source: 'https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging.html',
    find: (deployed) =>
      ofType(deployed, 'AWS::ApiGatewayV2::Stage').flatMap(([id, { Properties }]) => {
        const format = readText(readObject(Properties['AccessLogSettings'])['Format'], deployed);
        return [
          ...atMost(`${id}: bytes of the format`, Buffer.byteLength(format), 3_072),
          ...(/\$context\.(?:requestId|extendedRequestId)\b/.test(format) ? [] : [`${id}: no request id`]),
        ];
      }),
  },
  {
    // The account's resource policy for log deliveries would list it, and has at most 5,120 characters.
    rule: 'the log group of a stage is below /aws/vendedlogs/',
    source: 'https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html',
    find: (deployed) =>
      ofType(deployed, 'AWS::ApiGatewayV2::Stage').flatMap(([id, { Properties }]) => {
        const group = findTarget(deployed, readObject(Properties['AccessLogSettings'])['DestinationArn']);
        const name = readText(group['LogGroupName'] ?? '', deployed);
        return /^\/aws\/vendedlogs\/[\w./#-]{1,490}$/.test(name) ? [] : [`${id} logs to "${name}"`];
      }),
  },
  {
    rule: 'a stage has settings of existing routes only, and is made after them',
    source: 'https://github.com/aws/serverless-application-model/issues/1939',
    find: (deployed) =>
      ofType(deployed, 'AWS::ApiGatewayV2::Stage').flatMap(([id, { Properties }]) => {
        const before = listAllDependencies(deployed, id);
        const made = ofType(deployed, 'AWS::ApiGatewayV2::Route')
          .filter(([route]) => before.has(route))
          .map(([, route]) => readText(route.Properties['RouteKey'], deployed));
        return Object.keys(readObject(Properties['RouteSettings']))
          .filter((key) => !made.includes(key))
          .map((key) => `${id}: ${key}`);
      }),
  },
  {
    rule: 'integrations and routes of an API are made one after the other',
    source: 'https://github.com/hashicorp/terraform-provider-aws/issues/18018',
    find: (deployed) => {
      const ids = ['AWS::ApiGatewayV2::Integration', 'AWS::ApiGatewayV2::Route'].flatMap((type) =>
        ofType(deployed, type).map(([id]) => id),
      );
      const before = new Map(ids.map((id) => [id, listAllDependencies(deployed, id)]));
      return ids.flatMap((id, index) =>
        ids
          .slice(index + 1)
          .filter((other) => before.get(id)?.has(other) !== true && before.get(other)?.has(id) !== true)
          .map((other) => `${id} at the same time as ${other}`),
      );
    },
  },
  {
    rule: 'an alarm is within its limits of names, actions, dimensions, metrics and time',
    source: `${CLOUDWATCH}/APIReference/API_PutMetricAlarm.html`,
    find: (deployed) =>
      ofType(deployed, 'AWS::CloudWatch::Alarm').flatMap(([id, { Properties }]) => {
        const metrics = readList(Properties['Metrics']);
        const periods = [Properties, ...metrics.map((each) => readObject(readObject(each)['MetricStat']))]
          .map((each) => Number(each['Period'] ?? NaN))
          .filter((period) => !Number.isNaN(period));
        const evaluated = Number(Properties['EvaluationPeriods']);
        return [
          ...checkName(id, Properties['AlarmName'], /^[\x20-\x7e]{1,255}$/, deployed),
          ...atMost(`${id}: description`, measure(Properties['AlarmDescription'] ?? '', deployed), 1_024),
          ...atMost(`${id}: actions`, readList(Properties['AlarmActions']).length, 5),
          ...atMost(`${id}: dimensions`, readList(Properties['Dimensions']).length, 30),
          ...atMost(`${id}: metrics`, metrics.length, 10),
          ...atMost(`${id}: periods that breach`, Number(Properties['DatapointsToAlarm'] ?? 0), evaluated),
          ...periods.flatMap((period) =>
            atMost(`${id}: seconds`, period * evaluated, period < 3_600 ? 86_400 : 604_800),
          ),
          ...periods.filter((period) => ![10, 20, 30].includes(period) && period % 60 !== 0).map(String),
        ];
      }),
  },
  {
    rule: 'a dashboard has at most 500 widgets, 500 metrics a widget and 2,500 in all',
    source: `${CLOUDWATCH}/monitoring/cloudwatch_limits.html`,
    find: (deployed) =>
      ofType(deployed, 'AWS::CloudWatch::Dashboard').flatMap(([id, { Properties }]) => {
        const body: unknown = JSON.parse(readText(Properties['DashboardBody'], deployed));
        const widgets = readList(readObject(body)['widgets']);
        const counts = widgets.map(
          (widget) => readList(readObject(readObject(widget)['properties'])['metrics']).length,
        );
        return [
          ...atMost(`${id}: widgets`, widgets.length, 500),
          ...atMost(`${id}: metrics of a widget`, Math.max(...counts), 500),
          ...atMost(
            `${id}: metrics`,
            counts.reduce((sum, count) => sum + count, 0),
            2_500,
          ),
        ];
      }),
  },
  {
    rule: 'a dashboard has the region in its name, because those of all regions share their names',
    source: 'https://github.com/aws-solutions-library-samples/qnabot-on-aws/issues/81',
    find: (deployed) =>
      ofType(deployed, 'AWS::CloudWatch::Dashboard').flatMap(([id, { Properties }]) => {
        const named = checkName(id, Properties['DashboardName'], /^[\w-]{1,255}$/, deployed);
        const region = readText({ Ref: 'AWS::Region' }, deployed);
        return readText(Properties['DashboardName'], deployed).includes(region) ? named : [...named, id];
      }),
  },
  {
    rule: 'a saved query has at most 10,000 characters, 50 log groups and a name of 255 characters',
    source:
      'https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutQueryDefinition.html',
    find: (deployed) =>
      ofType(deployed, 'AWS::Logs::QueryDefinition').flatMap(([id, { Properties }]) => [
        ...atMost(`${id}: query`, measure(Properties['QueryString'], deployed), 10_000),
        ...atMost(`${id}: log groups`, readList(Properties['LogGroupNames']).length, 50),
        ...checkName(id, Properties['Name'], /^.{1,255}$/, deployed),
      ]),
  },
  {
    rule: 'no text names another partition, another region, or the console of one partition',
    source: 'https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html',
    find: ({ body, region }) => {
      const partition =
        region === undefined ? undefined : PARTITIONS.find(([start]) => region.startsWith(start))?.[1];
      const found = [
        ...[...body.matchAll(/\barn:(aws[\w-]*):/g)].filter(([, named]) => named !== partition),
        ...[...body.matchAll(/\b(?:us|eu|ap|sa|ca|me|af|cn|il)-(?:gov-)?[a-z]+-\d\b/g)].filter(
          ([named]) => named !== region,
        ),
        ...body.matchAll(/console\.(?:aws|amazonaws)[\w.-]*/g),
        // Principals of services have this domain in every partition.
        ...body.matchAll(/(?<!"[a-z]+\.)\bamazonaws\.com(?:\.cn)?/g),
      ];
      return [...new Set(found.map(([text]) => text))];
    },
  },
];

const PARTITIONS: readonly (readonly [start: string, partition: string])[] = [
  ['cn-', 'aws-cn'],
  ['us-gov-', 'aws-us-gov'],
  ['', 'aws'],
];

/** Variables that Lambda sets itself, or does not let anybody set. */
const RESERVED_VARIABLE =
  /^(?:_HANDLER|_X_AMZN_TRACE_ID|AWS_(?:DEFAULT_REGION|REGION|EXECUTION_ENV|LAMBDA_\w+|ACCESS_KEY(?:_ID)?|SECRET_ACCESS_KEY|SESSION_TOKEN)|LAMBDA_\w+)$/;

/** The properties that are names of resources. */
const NAMES = /^(?:Alarm|Dashboard|Function|LogGroup|Queue|Role|Table|Topic)?Name$/;

function isFixedName(property: string, value: unknown): boolean {
  return NAMES.test(property) && !JSON.stringify(value).includes('AWS::StackId');
}

function ofType({ template }: DeployedTemplate, type: string): Entry[] {
  return Object.entries(template.Resources).filter(([, { Type }]) => Type === type);
}

/** Returns the properties of the resource that a value refers to. */
function findTarget({ template }: DeployedTemplate, value: unknown): Readonly<Record<string, unknown>> {
  const [target] = listReferences(value);
  return template.Resources[target?.logicalId ?? '']?.Properties ?? {};
}

function atMost(what: string, found: number, limit: number): string[] {
  return found <= limit ? [] : [`${what}: ${found}, at most ${limit}`];
}

/** Checks a name, if there is one. */
function checkName(id: string, value: unknown, pattern: RegExp, deployed: DeployedTemplate): string[] {
  if (value === undefined) return [];
  const name = readText(value, deployed);
  return pattern.test(name) ? [] : [`${id} is called "${name}"`];
}
