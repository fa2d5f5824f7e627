/**
 * Stands in for the AWS command line as far as the documents use it: sends each call to the emulators, and
 * only notes the calls that they do not support.
 */
import * as dynamodb from '@aws-sdk/client-dynamodb';
import * as sqs from '@aws-sdk/client-sqs';
import { CREDENTIALS, REGION } from '../../../../tools/kit/emulator.ts';
import { noteCall } from '../workplace.ts';

/** Calls that no emulator supports. */
const NOT_EMULATED = [
  'apigatewayv2',
  'dynamodb update-table',
  'dynamodb restore-table-to-point-in-time',
  'sqs start-message-move-task',
  'cloudformation',
  'lambda',
  'scheduler',
];

type Input = Record<string, unknown>;
type Client = new (config: object) => { send: (command: object) => Promise<Input>; destroy: () => void };

const [service = '', operation = '', ...args] = process.argv.slice(2);

if (NOT_EMULATED.some((call) => `${service} ${operation}`.startsWith(call))) {
  noteCall(['aws', service, operation, ...args]);
} else {
  const { input, query } = readOptions(args);
  const answer = await send(input);
  // With `--output text` the AWS command line prints the bare value that --query names.
  if (query !== undefined) {
    const value = query.split('.').reduce<unknown>((at, name) => (at as Input)[name], answer);
    if (typeof value !== 'string') throw new Error(`--query ${query}: the answer has no such text`);
    console.log(value);
  }
}

function readOptions(options: readonly string[]): { input: Input; query: string | undefined } {
  const input: Input = {};
  let query: string | undefined;
  for (let i = 0; i < options.length; i += 2) {
    const [name = '', value = ''] = options.slice(i, i + 2);
    if (!name.startsWith('--')) throw new Error(`found ${name}, expected an option`);
    if (name === '--query') query = value;
    else if (name === '--attribute-names') input['AttributeNames'] = [value];
    else if (name !== '--output') {
      input[toPascalCase(name.slice(2))] = value.startsWith('{') ? JSON.parse(value) : value;
    }
  }
  return { input, query };
}

async function send(input: Input): Promise<Input> {
  const sdk = service === 'dynamodb' ? { ...dynamodb } : { ...sqs };
  const named = sdk as Record<string, unknown>;
  const ClientClass = named[service === 'dynamodb' ? 'DynamoDBClient' : 'SQSClient'] as Client;
  const CommandClass = named[`${toPascalCase(operation)}Command`] as
    (new (input: Input) => object) | undefined;
  if (CommandClass === undefined) throw new Error(`${service} has no operation ${operation}`);
  const endpoint = process.env[`AWS_ENDPOINT_URL_${service.toUpperCase()}`];
  const client = new ClientClass({ endpoint, region: REGION, credentials: CREDENTIALS });
  try {
    return await client.send(new CommandClass(input));
  } finally {
    client.destroy();
  }
}

function toPascalCase(kebab: string): string {
  return kebab.replace(/(^|-)([a-z])/g, (_all, _dash, letter: string) => letter.toUpperCase());
}
