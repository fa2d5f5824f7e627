/** Parses the command line of `npm start`. */
import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { UsageError } from '../kit/tool-errors.ts';
import { parseChoice, parseContextValue, parseWholeNumber } from '../kit/option-values.ts';
import { quoteExcerpt } from '../kit/printable.ts';

export const USAGE = `npm start -- [options]

Runs the stack on this machine: synthesizes it, makes its tables and queues on emulators, and serves its API.

  --port PORT         where to serve (default: 3000; 0: any free port)
  --data FILE         projects and target groups as JSON Lines (default: demo data)
  --demo COUNT        number of target groups of the demo data (default: 1020)
  -c, --context K=V   a value of the configuration, as for cdk deploy; may be repeated
  --log FORMAT        pretty or json (default: pretty)
  --kill SHARE        kills this share of all invocations at a random moment, 0 to 1 (default: 0)
  --help

Environment: DYNAMODB_ENDPOINT and SQS_ENDPOINT name emulators to use instead of the embedded ones;
AWS_XRAY_DAEMON_ADDRESS names a daemon, host:port, that takes trace segments.
`;

/** The ids of the demo data have room for as many in each project. */
const MOST_DEMO_GROUPS = 9_999_999;

const OPTIONS = {
  port: { type: 'string', default: '3000' },
  data: { type: 'string' },
  demo: { type: 'string' },
  context: { type: 'string', short: 'c', multiple: true },
  log: { type: 'string', default: 'pretty' },
  kill: { type: 'string', default: '0' },
  help: { type: 'boolean', default: false },
} as const satisfies ParseArgsOptionsConfig;

export interface StartOptions {
  readonly help: boolean;
  readonly port: number;
  readonly dataFile: string | undefined;
  /** Number of target groups of the demo data. */
  readonly demoSize: number | undefined;
  readonly context: Readonly<Record<string, string>>;
  readonly log: 'pretty' | 'json';
  readonly killShare: number;
}

/** @throws UsageError, or an argument error of parseArgs */
export function parseStartOptions(argv: string[]): StartOptions {
  const { values } = parseArgs({ args: argv, options: OPTIONS });
  if (values.data !== undefined && values.demo !== undefined) {
    throw new UsageError('--demo: found --data as well, expected one of both');
  }
  return {
    help: values.help,
    port: parseWholeNumber('--port', values.port, 0, 65_535),
    dataFile: values.data,
    demoSize:
      values.demo === undefined ? undefined : parseWholeNumber('--demo', values.demo, 1, MOST_DEMO_GROUPS),
    context: Object.fromEntries((values.context ?? []).map((text) => parseContextValue('--context', text))),
    log: parseChoice('--log', values.log, ['pretty', 'json']),
    killShare: parseShare(values.kill),
  };
}

function parseShare(text: string): number {
  const share = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (share <= 1) return share;
  throw new UsageError(`--kill: found ${quoteExcerpt(text)}, expected a number from 0 to 1`);
}
