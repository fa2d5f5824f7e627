/**
 * Makes one fault at a time in files of ours, runs the suites of the file, and prints the faults that none of
 * them sees:
 *
 *   npm run mutate -- PATH [PATH…] [--sample N] [--seed S] [--jobs 2] [--at-least PERCENT] [--list]
 *
 * Exits with 1 if fewer than PERCENT of the faults are seen. How to read the output: docs/mutation.md.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runCommand } from '../kit/command.ts';
import { UsageError } from '../kit/tool-errors.ts';
import { parseWholeNumber } from '../kit/option-values.ts';
import { PROJECT } from '../kit/project.ts';
import { EQUIVALENT } from './equivalent.ts';
import { type Mutant, drawSample, listMutants } from './mutants.ts';
import { MutationRun } from './mutation-run.ts';
import { ProjectCopy, listProjectFiles } from './project-copy.ts';

await runCommand(async (argv) => {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      sample: { type: 'string' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
      jobs: { type: 'string', default: '2' },
      'at-least': { type: 'string', default: '0' },
      list: { type: 'boolean', default: false },
    },
  });
  const seed = parseWholeNumber('--seed', values.seed);
  const jobs = parseWholeNumber('--jobs', values.jobs, 1, 16);
  const atLeast = parseWholeNumber('--at-least', values['at-least'], 0, 100);
  if (positionals.length === 0) throw new UsageError('expected files or folders to make faults in');
  const files = listProjectFiles(...positionals).filter((file) => file.endsWith('.ts'));
  const all = files.flatMap((file) => listMutants(file, readFileSync(join(PROJECT, file), 'utf8')));
  const faults = all.filter((mutant) => !isEquivalent(mutant));
  const size = values.sample === undefined ? faults.length : parseWholeNumber('--sample', values.sample, 1);
  const mutants = drawSample(faults, size, seed);
  console.log(
    `seed ${seed}: ${mutants.length} of ${faults.length} mutants, ${all.length - faults.length} equivalent`,
  );
  if (values.list) {
    mutants.forEach(printMutant);
    return;
  }

  using copies = new DisposableStack();
  // Without this the copies would outlive an interrupt.
  process.once('SIGINT', () => process.exit(130)).once('SIGTERM', () => process.exit(143));
  process.once('exit', () => {
    copies.dispose();
  });
  const pool = Array.from({ length: jobs }, () => copies.use(new ProjectCopy()));
  const run = new MutationRun(mutants.map(({ file }) => file));
  await run.measureSuites(pool);
  const start = performance.now();
  const survivors = await run.findSurvivors(pool, mutants, printMutant);
  const minutes = (performance.now() - start) / 60_000;
  const percent = printScores(mutants, survivors);
  console.log(`${(mutants.length / minutes).toFixed(0)} mutants a minute, ${minutes.toFixed(1)} minutes`);
  console.log(`${run.timedOut} seen because a suite took too long`);
  if (percent < atLeast) process.exitCode = 1;
});

function isEquivalent({ file, before, after }: Mutant): boolean {
  return EQUIVALENT.some((each) => each.file === file && each.before === before && each.after === after);
}

function printMutant({ file, line, before, after }: Mutant): void {
  console.log(`${file}:${line}\n  - ${before}\n  + ${after}`);
}

/** Prints a row of a table for each folder and one for all. @returns the percentage of all */
function printScores(mutants: readonly Mutant[], survivors: readonly Mutant[]): number {
  for (const folder of [...new Set(mutants.map(readFolder))].sort()) {
    const inFolder = (mutant: Mutant) => readFolder(mutant) === folder;
    printScore(folder, mutants.filter(inFolder).length, survivors.filter(inFolder).length);
  }
  return printScore('all', mutants.length, survivors.length);
}

function printScore(name: string, made: number, survived: number): number {
  const percent = made === 0 ? 100 : ((made - survived) * 100) / made;
  console.log(`| ${name.padEnd(18)} | ${made - survived} of ${made} | ${percent.toFixed(1)} % |`);
  return percent;
}

/** The first two folders of a path: `src/domain`, `lambdas`, `lib/functions`. */
function readFolder({ file }: Mutant): string {
  return file.split('/').slice(0, -1).slice(0, 2).join('/');
}
