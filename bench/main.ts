/**
 * `npm run bench`: measures what the functions use and how long they take, as ratios that hold on any machine, and
 * says which of them meet their targets. `-- --json` prints one object and nothing else.
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { runCommand } from '../local/command.ts';
import { measure } from './measure.ts';
import { reportOf } from './report/all-figures.ts';
import { textOf } from './report/text.ts';

await runCommand(async (argv) => {
  const { values } = parseArgs({
    args: argv,
    options: {
      json: { type: 'boolean', default: false },
      'write-docs': { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
    },
  });
  const measured = await measure(values.quick, (text) => process.stderr.write(`${text}\n`));
  await writeFile('.local/bench/measured.json', JSON.stringify(measured, undefined, 2));
  const report = reportOf(measured);
  process.stdout.write(values.json ? `${JSON.stringify(report)}\n` : textOf(report));
});
