/**
 * Runs every command of the documents in order on the running stack, and compares the answers that the
 * documents show with the real ones.
 */
import { mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { CreateTableCommand, DeleteItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { PROJECT } from '../../tools/kit/project.ts';
import { errorBody, fieldingRunsBody, jobBody } from '../../api/answers.ts';
import { REGION } from '../../tools/kit/emulator.ts';
import { checkData } from '../../tools/local/data/seed.ts';
import { parseStartOptions } from '../../tools/local/start-options.ts';
import { readConfig } from '../../lib/config.ts';
import { readConfiguration } from '../../lib/environment.ts';
import { listBlocks, findBlock, type Block } from '../support/docs/markdown.ts';
import { Workplace } from '../support/docs/workplace.ts';
import { type WatchedStack, watchStack } from '../rigs/conformance/watched-stack.ts';
import { makeDynamoDBClient, readE2eStack, findName } from '../support/e2e.ts';
import { aToken } from '../support/api-client.ts';

const stack = readE2eStack();
const dynamodb = makeDynamoDBClient(stack);
let place = new Workplace();
let watched: WatchedStack;

beforeAll(async () => {
  watched = await watchStack(stack.url);
});

afterEach(() => {
  place.remove();
  place = new Workplace();
});

afterAll(async () => {
  await watched.close();
  place.remove();
  dynamodb.destroy();
});

const documents = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...readdirSync(join(PROJECT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

const readBlocks = (document: string) => listBlocks(readFileSync(join(PROJECT, document), 'utf8'));

/** Returns the environment variables that the commands of the documents use. */
async function makeVariables(): Promise<Record<string, string>> {
  return {
    API: watched.url,
    PROJECT: `${watched.url}/demand/accounts/101/projects/01JDEM0PR0JECT000000000001`,
    TOKEN: await aToken(),
    TARGET_GROUPS_TABLE: findName(stack.tables, 'TargetGroups'),
    DEAD_LETTER_QUEUE_URL: findName(stack.queues, 'QueueDead'),
    TABLE: 'LeftBehind',
    JOBS: findName(stack.tables, 'Jobs'),
    CREATE_JOB: findName(stack.functions, 'CreateJob'),
    MAPPING: '00000000-0000-4000-8000-000000000000',
    SCHEDULE: 'EveryMinute',
    TARGET: '{}',
    INSTANT: '2026-11-28T12:00:00Z',
    API_ID: 'abc123',
    PK: OLD_JOB.pk.S,
    CREATED_AT: OLD_JOB.created_at.S,
    AWS_ENDPOINT_URL_DYNAMODB: stack.endpoints.dynamodb,
    AWS_ENDPOINT_URL_SQS: stack.endpoints.sqs,
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  };
}

/** An open job without the keys of the index, as release 0.1.0 has stored it. */
const OLD_JOB = {
  pk: { S: '101#P#J' },
  sk: { S: 'META' },
  created_at: { S: '2026-11-28T11:00:00.000Z' },
};

/** Returns the commands of a document as one script, in which the shown addresses are those of this stack. */
function makeScript(blocks: readonly Block[]): string {
  return (
    blocks
      .filter(({ language }) => language === 'sh')
      .map(({ text, line }) => `echo "── line ${line}"\n${text}`)
      .join('\n')
      .replaceAll('http://127.0.0.1:3000', watched.url)
      // The fuzzer sends bytes that are not HTTP, which the watching proxy cannot pass on, and checks the
      // answers against the description itself.
      .replaceAll(`--url ${watched.url}`, `--url ${stack.url}`)
      .replaceAll('http://127.0.0.1:8000', stack.endpoints.dynamodb)
      .replaceAll('http://127.0.0.1:9324', stack.endpoints.sqs)
  );
}

async function run(document: string): Promise<string> {
  const { code, output } = await place.run(makeScript(readBlocks(document)), await makeVariables());
  if (code !== 0) throw new Error(`the commands of ${document} ended with ${String(code)}:\n${output}`);
  expect(watched.report().complaints).toEqual([]);
  return output;
}

test('a test runs the commands of every document that has any', () => {
  const withCommands = documents.filter((document) =>
    readBlocks(document).some(({ language }) => ['sh', 'bash', 'shell', 'console'].includes(language)),
  );
  expect(withCommands.sort()).toEqual([
    'README.md',
    'docs/api.md',
    'docs/calling.md',
    // Its commands run in client-command.test.ts, with the installed command.
    'docs/client.md',
    'docs/deploying.md',
    'docs/local.md',
    'docs/operating.md',
    'docs/performance.md',
    'docs/restoring.md',
  ]);
});

test('every npm script that a document names exists', () => {
  const { scripts } = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const named = documents.flatMap((document) => {
    const text = readFileSync(join(PROJECT, document), 'utf8');
    return [...text.matchAll(/\bnpm run (?:--silent )?([a-z-]+)/g)].map(([, name = '']) => name);
  });
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter((name) => !(name in scripts))).toEqual([]);
});

/** Checks that the commands of a document print the status and location lines of its answers. */
function expectShownAnswers(document: string, output: string): void {
  const printed = output.toLowerCase();
  const shown = readBlocks(document)
    .filter(({ language, text }) => language === 'http' && !text.includes(' 400 '))
    .flatMap(({ text }) => text.split('\n').filter((line) => /^(HTTP|location)/.test(line)));
  expect(shown.length).toBeGreaterThan(1);
  for (const line of shown) expect(printed).toContain(line.toLowerCase());
}

test('README.md: the commands work and print the answers that it shows', async () => {
  place.write('data.jsonl', findBlock(readBlocks('README.md'), 'json', '"type":"project"'));
  const output = await run('README.md');
  expectShownAnswers('README.md', output);
  expect(watched.report().exchanges).toBeGreaterThanOrEqual(2);
  const seed = await checkData({ file: join(place.folder, 'data.jsonl') }, Date.now());
  expect(seed.sample?.targetGroupIds).toEqual(['01JQ8ZD0000000000000000001']);
  const tokens = output.match(/^ey[\w-]+\.[\w-]+\.[\w-]+$/gm) ?? [];
  expect(tokens).toHaveLength(2);
  expect(place.readCalls()).toEqual([
    'npm ci',
    'npm start',
    'npm ci',
    'npm test',
    'npm start -- --data data.jsonl',
  ]);
});

test('docs/api.md: the commands work, and the shown answers have the form of real ones', async () => {
  const output = await run('docs/api.md');
  expectShownAnswers('docs/api.md', output);
  const bodies = readBlocks('docs/api.md').flatMap(({ text }) => {
    const body = /^\{[^]*\}$/m.exec(text)?.[0];
    return body === undefined || text.includes('curl') ? [] : [JSON.parse(body) as object];
  });
  expect(bodies).toHaveLength(5);
  for (const body of bodies) {
    const schema = 'job_id' in body ? jobBody : 'object' in body ? errorBody : fieldingRunsBody;
    expect(schema.parse(body)).toEqual(body);
  }
});

test('docs/calling.md: the commands work, and so does the program that it shows', async () => {
  place.write('resume.mjs', findBlock(readBlocks('docs/calling.md'), 'js', 'fetch('));
  const output = await run('docs/calling.md');
  const [, job = ''] = /^(\{"job_id".*)$/m.exec(output) ?? [];
  expect(jobBody.parse(JSON.parse(job))).toMatchObject({
    status: 'Completed',
    updated_target_groups: { data: [{ target_group_id: '01JDEM0TARGETGR0VP10000001' }] },
  });
  expect(output).toContain('Completed: 1 updated\n01JDEM0TARGETGR0VP10000007: StatusTransitionNotAllowed, ');
});

test.each([
  ['a token that is not valid', 'TOKEN=x', '"object":"authorization_error"'],
  ['a project that does not exist', 'PROJECT=${PROJECT%1}9', '"object":"not_found_error"'],
  ['no stack that answers', 'API=http://127.0.0.1:9; PROJECT=$API', "Couldn't connect to server"],
])('docs/calling.md: with %s the first job shows the error and stops', async (_name, setting, shown) => {
  const guide = readFileSync(join(PROJECT, 'docs/calling.md'), 'utf8');
  const [firstJob = ''] = /^## The first job$.*?(?=^## )/ms.exec(guide) ?? [];
  const [setUp, ...others] = listBlocks(firstJob);
  if (setUp === undefined) throw new Error('the first job has no commands');
  const script = [
    // In a terminal, bash does not stop at a command that fails. What the document shows has to.
    'set +eu +o pipefail',
    makeScript([setUp]),
    setting,
    makeScript(others),
    'echo "went on"',
  ].join('\n');
  const before = watched.report().exchanges;
  const { code, output } = await place.run(script, await makeVariables());
  expect(output).toContain(shown);
  expect(output).toContain('no job was created');
  expect(output).not.toContain('went on');
  expect(code).not.toBe(0);
  expect(watched.report().exchanges - before).toBeLessThanOrEqual(1);
});

/** The options of curl that the documents use. Each is in curl 7.81: https://curl.se/docs/options-in-versions.html */
const CURL_OPTIONS = new Set(['-sS', '-s', '-i', '-X', '-H', '-d', '--fail-with-body', '--retry']);

test('the documents use only options of curl that version 7.81 has', () => {
  const calls = documents.flatMap((document) =>
    readBlocks(document)
      .filter(({ language }) => language === 'sh')
      .flatMap(({ text }) => text.replaceAll('\\\n', ' ').match(/\bcurl [^\n]*/g) ?? []),
  );
  expect(calls.length).toBeGreaterThan(5);
  const options = calls.flatMap((call) => call.replace(/'[^']*'|"[^"]*"/g, '').match(/(?<= )-[-\w]+/g) ?? []);
  expect(options.filter((option) => !CURL_OPTIONS.has(option))).toEqual([]);
});

/**
 * Expects so many deployments among the calls, of all stacks, each with settings that are valid. The file of
 * the environment is the one that docs/deploying.md shows.
 */
function expectValidDeployments(calls: readonly string[], count: number): void {
  // Not in the workplace itself, whose config/ is that of the project.
  const project = join(place.folder, 'environments');
  mkdirSync(join(project, 'config'), { recursive: true });
  const file = findBlock(readBlocks('docs/deploying.md'), 'json', '"issuer"');
  place.write('environments/config/prod.json', file);
  place.write('environments/cdk.json', '{}');
  const deployments = calls.filter((call) => call.startsWith('cdk deploy'));
  expect(deployments).toHaveLength(count);
  for (const call of deployments) {
    expect(call).toMatch(/^cdk deploy --all\b/);
    const context = [...call.matchAll(/-c (\S+?)=(\S+)/g)].map(([, key, value]) => [key, value] as const);
    expect(() => readConfiguration(Object.fromEntries(context), project)).not.toThrow();
  }
}

test('docs/restoring.md: the commands are calls of the AWS command line and a deployment that is valid', async () => {
  const TableName = findName(stack.tables, 'Jobs');
  await dynamodb.send(new PutItemCommand({ TableName, Item: OLD_JOB }));
  await run('docs/restoring.md');
  const { pk, sk } = OLD_JOB;
  const { Attributes } = await dynamodb.send(
    new DeleteItemCommand({ TableName, Key: { pk, sk }, ReturnValues: 'ALL_OLD' }),
  );
  expect(Attributes).toMatchObject({ open_key: { S: '101#2026-11-28T11:00:00.000Z#P#J' } });
  const calls = place.readCalls();
  expectValidDeployments(calls, 1);
  expect(
    calls.filter((call) => call.startsWith('aws ')).map((call) => call.split(' ').slice(1, 3).join(' ')),
  ).toEqual([
    'lambda put-function-concurrency',
    'lambda update-event-source-mapping',
    'scheduler update-schedule',
    'dynamodb restore-table-to-point-in-time',
  ]);
});

test('docs/deploying.md: the commands import, deploy with valid settings, and destroy', async () => {
  await dynamodb.send(
    new CreateTableCommand({
      TableName: 'LeftBehind',
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  );
  place.write('groups.csv', findBlock(readBlocks('docs/deploying.md'), 'csv', 'account_id'));
  const output = await run('docs/deploying.md');
  expect(output).toContain('1 added, 0 updated, 0 left');
  const calls = place.readCalls();
  expectValidDeployments(calls, 6);
  expect(calls.filter((call) => !call.startsWith('cdk deploy'))).toEqual([
    'cdk diff -c env=prod',
    'aws cloudformation update-termination-protection --no-enable-termination-protection --stack-name FieldingJobsData',
    'aws cloudformation update-termination-protection --no-enable-termination-protection --stack-name FieldingJobs',
    'aws apigatewayv2 get-api --api-id abc123 --query CorsConfiguration',
    'aws apigatewayv2 delete-cors-configuration --api-id abc123',
    'aws apigatewayv2 delete-route-settings --api-id abc123 --stage-name $default --route-key POST /demand/…',
    'cdk destroy --all -c env=prod',
    'aws dynamodb update-table --table-name LeftBehind --no-deletion-protection-enabled',
  ]);
});

test('docs/deploying.md: the settings of a domain and of web pages are valid', () => {
  const blocks = readBlocks('docs/deploying.md');
  const settings = ['"domainName"', '"corsOrigins"'].map((key) => findBlock(blocks, 'json', key));
  const context = Object.assign({}, ...settings.map((text) => JSON.parse(text) as object)) as object;
  expect(readConfig(context)).toMatchObject(context);
  expect(Object.keys(context)).toHaveLength(5);
});

test('docs/local.md: the commands work', async () => {
  symlinkSync(stack.logFile, join(place.folder, 'stack.jsonl'));
  const output = await run('docs/local.md');
  expect(output.match(/ready http/g)).toHaveLength(1);
  expect(output).toMatch(/^100 requests in .*\nviolations 0$/m);
  const [limits = '', address = '', ...calls] = place.readCalls();
  for (const start of [limits, address]) {
    const { context } = parseStartOptions(start.replace('npm start -- ', '').split(' '));
    expect(Object.keys(context)).toHaveLength(5);
    expect(() => readConfig(context)).not.toThrow();
  }
  expect(calls).toEqual([
    'npm test -- test/e2e/docs-page test/tools/local/status/page',
    'npm run dynamodb-local -- --port 8000',
    'npm start',
    'npm test -- test/ports test/e2e',
    'npm run fuzz -- --requests 20000',
    'npm run fuzz -- --seed 7 --only 1234',
  ]);
});

test('docs/performance.md: the commands start the bench, which itself runs in .ci/run', async () => {
  await run('docs/performance.md');
  expect(place.readCalls()).toEqual([
    'npm run bench',
    'npm run --silent bench -- --json',
    'npm run bench -- --write-docs',
    'npm run bench -- --quick',
  ]);
});

test('docs/operating.md: the commands work, and move the dead letters of the right queue', async () => {
  await run('docs/operating.md');
  const [call] = place.readCalls();
  expect(call).toMatch(/^aws sqs start-message-move-task --source-arn arn:aws:sqs:us-east-1:\d+:\S*Dead\S*$/);
});
