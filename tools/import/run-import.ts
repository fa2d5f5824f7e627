/** `npm run import`: imports projects and target groups from a file into the table of a deployed stack. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { runCommand } from '../kit/command.ts';
import { makeEmulatorConfig } from '../kit/emulator.ts';
import { abortOnInterrupt } from '../kit/interrupt.ts';
import { type ImportOptions, parseImportOptions, USAGE } from './import-options.ts';
import { checkFile, type Contents, importFile } from './import-file.ts';

await runCommand(async (argv) => {
  const options = parseImportOptions(argv);
  if (options === undefined) {
    process.stdout.write(USAGE);
    return;
  }
  const source = { file: options.file, format: options.format, now: Date.now() };
  if (options.table === undefined) {
    print(`${options.file}: ${describeContents(await checkFile(source))}`);
    return;
  }
  const client = makeClient(options);
  const where = options.endpoint ?? (await client.config.region());
  const interrupted = abortOnInterrupt();
  const to = { client, table: options.table, where, existing: options.existing };
  let total = 0;
  const reporter = {
    start: (contents: Contents, done: number) => {
      total = contents.projects + contents.targetGroups;
      print(`${options.file}: ${describeContents(contents)}`);
      if (done > 0) print(`continuing after record ${done}`);
    },
    progress: (done: number) => {
      const percent = total === 0 ? 100 : Math.floor((100 * done) / total);
      print(`${done} of ${total} records (${percent} %)`);
    },
  };
  const { counts, finished } = await importFile(source, to, reporter, interrupted);
  client.destroy();
  print(
    `target groups: ${counts.added} added, ${counts.updated} updated, ${counts.skipped} left as they were`,
  );
  if (!finished) {
    print('interrupted: run the same command again to continue');
    process.exitCode = 130;
  }
});

function describeContents({ projects, targetGroups }: Contents): string {
  return `${projects} projects and ${targetGroups} target groups, all valid`;
}

function makeClient({ region, endpoint }: ImportOptions): DynamoDBClient {
  // A table that scales up throttles an import, so that the client needs many attempts.
  const retryOptions = { maxAttempts: 12, retryMode: 'standard' } as const;
  if (endpoint === undefined) return new DynamoDBClient({ ...retryOptions, ...(region && { region }) });
  return new DynamoDBClient({ ...retryOptions, ...makeEmulatorConfig(endpoint, region) });
}

function print(line: string): void {
  process.stderr.write(`${line}\n`);
}
