/**
 * `npm run bench`: measures what the functions use and how long they take, as ratios that hold on any
 * machine, and says which of them meet their targets. `-- --json` prints one object and nothing else;
 * `-- --quick` ends with exit code 1 when a count is missed; `-- --write-docs` writes tables and curves into
 * docs/. `-- --costs` measures nothing: it writes into docs/ what the stack costs while nothing runs.
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { runCommand } from '../kit/command.ts';
import { measure } from './measure.ts';
import { writeCosts } from './report/costs.ts';
import { makeReport } from './report/all-figures.ts';
import { writeDocs } from './report/docs.ts';
import { formatReport } from './report/text.ts';

await runCommand(async (argv) => {
  const { values } = parseArgs({
    args: argv,
    options: {
      json: { type: 'boolean', default: false },
      'write-docs': { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      costs: { type: 'boolean', default: false },
    },
  });
  if (values.costs) {
    await writeCosts();
    return;
  }
  const measured = await measure(values.quick, (text) => process.stderr.write(`${text}\n`));
  await writeFile('.local/bench/measured.json', JSON.stringify(measured, undefined, 2));
  const report = makeReport(measured);
  if (values.quick && report.figures.some(({ met }) => met === false)) process.exitCode = 1;
  if (values['write-docs']) await writeDocs(measured, report);
  process.stdout.write(values.json ? `${JSON.stringify(report)}\n` : formatReport(report));
});
