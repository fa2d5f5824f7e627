/** Parses the command line of `npm run import`. */
import { extname } from 'node:path';
import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { UsageError } from '../kit/tool-errors.ts';
import { parseChoice } from '../kit/option-values.ts';
import { quoteExcerpt } from '../kit/printable.ts';
import type { Existing } from './writer.ts';

export const USAGE = `npm run import -- --table NAME --file FILE [options]

Imports projects and target groups from a file into the table of a deployed stack. Checks the whole file before it
writes anything, and reports the first 20 faults. Leaves target groups that exist already as jobs and users have changed them, unless --existing update
is given. After an interruption, run the same command again to continue.

  --table NAME        the table of target groups (output TargetGroupsTable of the stack)
  --file FILE         JSON Lines (.jsonl) or CSV with a header (.csv, .tsv); - for the standard input
  --format FORMAT     jsonl or csv (default: from the extension of the file; of a pipe, from its first character)
  --existing WHAT     skip target groups that exist already, or update them to the file's values (default: skip)
  --check             only check the file
  --region REGION     the AWS region (default: from the AWS configuration)
  --endpoint URL      address of an emulator to use instead of AWS
  --help

Examples:
  npm run import -- --file groups.csv --check
  npm run import -- --table FieldingJobs-TablesTargetGroups1A2B --file groups.csv
  npm run import -- --table FieldingJobs-TablesTargetGroups1A2B --file groups.jsonl --existing update
  gunzip -c groups.csv.gz | npm run import -- --table FieldingJobs-TablesTargetGroups1A2B --file -

Exit codes: 0 everything is written, 1 something failed, 2 the command or a line of the file is wrong and nothing was
written, 130 interrupted.
`;

const FORMATS = ['jsonl', 'csv'] as const;

const OPTIONS = {
  table: { type: 'string' },
  file: { type: 'string' },
  format: { type: 'string' },
  existing: { type: 'string', default: 'skip' },
  check: { type: 'boolean', default: false },
  region: { type: 'string' },
  endpoint: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const satisfies ParseArgsOptionsConfig;

export interface ImportOptions {
  /** `-` for the standard input. */
  readonly file: string;
  /** Undefined when the content decides. */
  readonly format: 'jsonl' | 'csv' | undefined;
  /** Undefined when the file is only checked. */
  readonly table: string | undefined;
  readonly existing: Existing;
  readonly region: string | undefined;
  readonly endpoint: string | undefined;
}

/**
 * @returns undefined for `--help`
 * @throws UsageError, or an argument error of parseArgs
 */
export function parseImportOptions(argv: string[]): ImportOptions | undefined {
  const { values } = parseArgs({ args: argv, options: OPTIONS });
  if (values.help) return undefined;
  const { file, table, check, region, endpoint } = values;
  if (file === undefined) throw new UsageError('--file is missing: --file groups.csv');
  if (table === undefined && !check) throw new UsageError('--table is missing: the name of the table');
  if (endpoint !== undefined) requireHttpUrl('--endpoint', endpoint);
  return {
    file,
    format:
      values.format === undefined ? deriveFormat(file) : parseChoice('--format', values.format, FORMATS),
    table: check ? undefined : table,
    existing: parseChoice('--existing', values.existing, ['skip', 'update']),
    region,
    endpoint,
  };
}

function deriveFormat(file: string): ImportOptions['format'] {
  const extension = extname(file).toLowerCase();
  const format = ({ '.csv': 'csv', '.tsv': 'csv', '.jsonl': 'jsonl', '.ndjson': 'jsonl' } as const)[
    extension
  ];
  // /dev/fd/63 is what <(command) becomes.
  if (format !== undefined || file === '-' || file.startsWith('/dev/fd/')) return format;
  throw new UsageError(
    `--file ${file}: the format is not clear from the name: add --format jsonl or --format csv`,
  );
}

/** @throws UsageError for `localhost:8000` too, which is a URL of the scheme `localhost` */
function requireHttpUrl(option: string, text: string): void {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.username + url.search + url.hash === '')
    return;
  throw new UsageError(
    `${option}: found ${quoteExcerpt(text)}, expected the URL of an emulator, such as http://localhost:8000`,
  );
}
