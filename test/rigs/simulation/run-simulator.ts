/**
 * `npm run simulate -- --seeds 100000 [--from N]` runs that many schedules and prints statistics.
 * `npm run simulate -- --seed N` runs one schedule and prints each event. Both exit with 1 on a violation.
 */
import { parseArgs } from 'node:util';
import { parseWholeNumber } from '../../../tools/kit/option-values.ts';
import { runSchedule } from './run-schedule.ts';
import { Stats } from './stats.ts';

const PROGRESS_EVERY = 500;

async function replaySeed(seed: number): Promise<boolean> {
  const { violations } = await runSchedule({
    seed,
    trace: (line) => {
      console.log(line);
    },
  });
  return violations.length === 0;
}

async function simulate(from: number, seeds: number): Promise<boolean> {
  const stats = new Stats();
  const broken: string[] = [];
  const begin = performance.now();
  for (let seed = from; seed < from + seeds; seed += 1) {
    const { violations } = await runSchedule({ seed, stats });
    for (const { rule, detail } of violations) broken.push(`seed ${seed}: ${rule}: ${detail}`);
    const done = seed + 1 - from;
    if (done % (process.stdout.isTTY ? PROGRESS_EVERY : 20 * PROGRESS_EVERY) !== 0) continue;
    const progress = `${done} of ${seeds} schedules, ${broken.length} violations`;
    process.stdout.write(process.stdout.isTTY ? `\r${progress}` : `${progress}\n`);
    // Lets Node.js write the line: the schedules themselves never wait for its event loop.
    await new Promise((resolve) => setImmediate(resolve));
  }
  const seconds = (performance.now() - begin) / 1000;
  if (process.stdout.isTTY) process.stdout.write('\r\u001b[K');
  for (const [name, count] of stats.listEntries())
    console.log(`${name.padEnd(28)}${String(count).padStart(12)}`);
  console.log(
    `seeds ${from} to ${from + seeds - 1} in ${seconds.toFixed(1)} s, ${Math.round(seeds / seconds)} schedules/s`,
  );
  console.log(`violations ${broken.length}`);
  for (const line of broken) console.log(line);
  return broken.length === 0;
}

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
  },
});
const passed =
  values.seed === undefined
    ? await simulate(parseWholeNumber('--from', values.from), parseWholeNumber('--seeds', values.seeds))
    : await replaySeed(parseWholeNumber('--seed', values.seed));
process.exitCode = passed ? 0 : 1;
