/** `npm run import`: imports projects and target groups from a file into the table of a deployed stack. */
import { runCommand } from '../kit/command.ts';
import { abortOnInterrupt } from '../kit/interrupt.ts';
import { exitWithOutput, goOnWithoutReader } from '../kit/output.ts';
import { endAtWrongAddress, explainFailure, readRegion } from './explain-failure.ts';
import { type ImportOptions, parseImportOptions, USAGE } from './import-options.ts';
import { checkFile, importFile, type Source } from './import-file.ts';
import { describeContents, ImportProgress } from './import-progress.ts';
import { makeImportClient } from './import-client.ts';
import { openInput, readFormat } from './open-input.ts';

goOnWithoutReader(1);

await runCommand(async (argv) => {
  const options = parseImportOptions(argv);
  if (options === undefined) {
    process.stdout.write(USAGE);
    return;
  }
  const interrupted = abortOnInterrupt();
  try {
    await run(options, interrupted);
  } catch (error) {
    if (!interrupted.aborted) throw error;
    process.stderr.write('interrupted\n');
    process.exitCode = 130;
  }
});
await exitWithOutput(Number(process.exitCode ?? 0));

async function run(options: ImportOptions, interrupted: AbortSignal): Promise<void> {
  await using input = await openInput(options.file, process.stdin, interrupted);
  const format = options.format ?? (await readFormat(input.file));
  const source = { ...input, format, now: Date.now() };
  const progress = new ImportProgress(input.name, process.stderr);
  try {
    if (options.table === undefined) {
      const contents = await checkFile(source, progress, interrupted);
      progress.print(`${input.name}: ${describeContents(contents)}`);
    } else {
      await writeToTable(source, options.table, options, progress, interrupted);
    }
  } finally {
    progress.clear();
  }
}

async function writeToTable(
  source: Source,
  table: string,
  options: ImportOptions,
  progress: ImportProgress,
  interrupted: AbortSignal,
): Promise<void> {
  const { endpoint, existing } = options;
  const client = makeImportClient(options);
  const region = await readRegion(client);
  endAtWrongAddress(client, { table, region, endpoint });
  const to = { client, table, where: endpoint ?? region, existing };
  try {
    const { counts, finished } = await importFile(source, to, progress, interrupted);
    progress.print(
      `target groups: ${counts.added} added, ${counts.updated} updated, ${counts.skipped} left as they were`,
    );
    if (finished) return;
    progress.print(
      `interrupted: run the same command again to ${source.repeatable === false ? 'start over' : 'continue'}`,
    );
    process.exitCode = 130;
  } catch (error) {
    throw explainFailure(error, { table, region, endpoint });
  } finally {
    client.destroy();
  }
}
