/** Tests that two environments of one account share nothing, and what a file sets on the stack itself. */
import { expect, test } from '@jest/globals';
import { Template } from 'aws-cdk-lib/assertions';
import { z } from 'zod';
import { readConfig } from '../../lib/config.ts';
import { makeStacks, type Stacks } from '../../lib/make-stacks.ts';
import { makeApp } from './readable-template.ts';

const templateSchema = z.object({
  Resources: z.record(
    z.string(),
    z.object({ Type: z.string(), Properties: z.record(z.string(), z.unknown()).default({}) }),
  ),
  Outputs: z.record(z.string(), z.object({ Export: z.object({ Name: z.string() }).optional() })).default({}),
});

const replicas = z.array(z.object({ Tags: z.unknown() })).default([]);

function makeEnvironment(values: Record<string, unknown>): Stacks {
  const file = { path: 'config/test.json', values };
  return makeStacks(makeApp({ 'aws:cdk:bundling-stacks': [] }), readConfig({}, file));
}

/** Returns the resources and outputs of both stacks. */
function synthesize(values: Record<string, unknown>): z.output<typeof templateSchema> {
  const { data, service } = makeEnvironment(values);
  const templates = [data, service]
    .filter((stack) => stack !== undefined)
    .map((stack) => templateSchema.parse(Template.fromStack(stack).toJSON()));
  expect(templates).toHaveLength(2);
  return {
    Resources: Object.fromEntries(templates.flatMap(({ Resources }) => Object.entries(Resources))),
    Outputs: Object.fromEntries(templates.flatMap(({ Outputs }) => Object.entries(Outputs))),
  };
}

const isReference = (value: unknown) => /^\{"(Ref|Fn::GetAtt)"/.test(JSON.stringify(value));

/** Properties that are called like a name, and name nothing that an account has only once. */
const OTHER_NAMES = [
  'MetricName', // of AWS, or of ours below a namespace
  'PolicyName', // of a policy inside a role
  'StageName', // of a stage inside an API
];

/** The types that have no tags in CloudFormation. */
const WITHOUT_TAGS = [
  'AWS::ApiGatewayV2::Integration',
  'AWS::ApiGatewayV2::Route',
  'AWS::IAM::Policy',
  'AWS::Lambda::EventInvokeConfig',
  'AWS::Lambda::Permission',
  'AWS::Logs::QueryDefinition',
  'AWS::SNS::Subscription',
  'AWS::SNS::TopicPolicy',
  'AWS::SQS::QueuePolicy',
  'AWS::Scheduler::Schedule',
];

test('two environments have equal templates, but for the name of the stack', () => {
  // Without bundling, the key of a function's code follows from its path.
  const [one = '', other = ''] = ['Alpha', 'Beta'].map((stackName) =>
    JSON.stringify(synthesize({ stackName })).replaceAll(/[\da-f]{64}\.zip/g, 'code.zip'),
  );
  expect(one).toContain('Alpha');
  expect(JSON.parse(one.replaceAll('Alpha', 'Beta'))).toEqual(JSON.parse(other));
});

test('every name that an account has only once contains the name of the stack', () => {
  const { Resources, Outputs } = synthesize({ stackName: 'Alpha', alarmEmail: 'ops@id.test' });
  const names = Object.values(Resources).flatMap(({ Type, Properties }) =>
    Object.entries(Properties)
      .filter(([key, value]) => key.endsWith('Name') && !OTHER_NAMES.includes(key) && !isReference(value))
      .map(([key, value]) => ({ [`${Type} ${key}`]: value })),
  );
  expect(names.length).toBeGreaterThan(30);
  expect(names.filter((each) => !JSON.stringify(Object.values(each)).includes('Alpha'))).toEqual([]);
  // A metric has no owner: two stacks that wrote to one namespace would read each other's figures.
  const namespaces = JSON.stringify(Resources).match(/(?<=NAMESPACE\W+|"Namespace":")[\w/]+/g) ?? [];
  expect([...new Set(namespaces)].filter((name) => !name.startsWith('AWS/'))).toEqual(['Alpha']);
  const exports = Object.values(Outputs).flatMap(({ Export }) => Export?.Name ?? []);
  expect(exports.filter((name) => !name.startsWith('Alpha'))).toEqual([]);
});

test('account and region are those of the file, each by itself; without them the stacks have none', () => {
  const listPlaces = (values: Record<string, unknown>) => {
    const { data, service } = makeEnvironment(values);
    return [data?.environment, service.environment];
  };
  const [account, region] = ['012345678901', 'eu-central-1'];
  const both = (place: string) => [`aws://${place}`, `aws://${place}`];
  expect(listPlaces({ account, region })).toEqual(both(`${account}/${region}`));
  expect(listPlaces({ region })).toEqual(both(`unknown-account/${region}`));
  expect(listPlaces({ account })).toEqual(both(`${account}/unknown-region`));
  expect(listPlaces({})).toEqual(both('unknown-account/unknown-region'));
});

test('the tags are on every resource that takes tags', () => {
  const tags = { team: 'jobs', 'cost center': '4711' };
  const { Resources } = synthesize({ tags, alarmEmail: 'ops@id.test' });
  const asList = Object.entries(tags)
    .map(([Key, Value]) => ({ Key, Value }))
    .sort((one, other) => one.Key.localeCompare(other.Key));
  const untagged = Object.values(Resources).filter(({ Type, Properties }) => {
    // A table of one region has them on the only replica.
    const [replica] = replicas.parse(Properties['Replicas']);
    const Tags = Properties['Tags'] ?? replica?.Tags;
    // The gateway has a map of them, all others a list.
    if (Tags !== undefined)
      expect({ Type, Tags }).toEqual({ Type, Tags: Array.isArray(Tags) ? asList : tags });
    return Tags === undefined;
  });
  expect([...new Set(untagged.map(({ Type }) => Type))].sort()).toEqual(WITHOUT_TAGS);
});
