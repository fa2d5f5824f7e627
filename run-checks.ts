/**
 * `npm run check` and `npm run lint`: runs checks side by side, the longest first. Each one that ends gets a
 * line with its seconds; what a failed one printed follows at the end.
 *
 * Caches are in `.cache/`, and only those that go by the content of all that they depend on. eslint's does
 * not: what its rules find in a file depends on the types of others.
 */
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';

interface Check {
  readonly program: string;
  readonly args: readonly string[];
  /** Added unless `--no-cache` is given. */
  readonly cache?: readonly string[];
  readonly node?: readonly string[];
}

/** The longest first. */
const CHECKS: Readonly<Record<string, Check>> = {
  eslint: { program: 'eslint/bin/eslint.js', args: ['.'] },
  // The simulator's suite takes as long as the others together.
  'unit-suites': {
    node: ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
    program: 'jest/bin/jest.js',
    args: ['test/unit', '--testPathIgnorePatterns=test/unit/simulation', '--maxWorkers=2'],
  },
  types: {
    program: 'typescript/bin/tsc',
    args: [],
    cache: ['--incremental', '--tsBuildInfoFile', '.cache/check/tsc.tsbuildinfo'],
  },
  format: {
    program: 'prettier/bin/prettier.cjs',
    args: ['--check', '.'],
    cache: ['--cache', '--cache-strategy', 'content', '--cache-location', '.cache/check/prettier'],
  },
  imports: {
    program: 'dependency-cruiser/bin/dependency-cruiser.mjs',
    args: ['--config', 'dependency-cruiser.config.ts', '--output-type', 'err-long', '.'],
  },
  'dead-code': { program: 'knip/bin/knip.js', args: [] },
};

const { values, positionals } = parseArgs({
  options: { 'no-cache': { type: 'boolean', default: false } },
  allowPositionals: true,
});
const unknown = positionals.filter((name) => !(name in CHECKS));
if (unknown.length > 0) {
  console.error(`No such check: ${unknown.join(', ')}. There are: ${Object.keys(CHECKS).join(', ')}.`);
  process.exit(2);
}

const started = performance.now();
const queue = Object.entries(CHECKS).filter(
  ([name]) => positionals.length === 0 || positionals.includes(name),
);
const failures: string[] = [];
await Promise.all(
  // One more than there are cores: the suites wait half of the time.
  Array.from({ length: availableParallelism() + 1 }, async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) await runAndReport(...next);
  }),
);
for (const failure of failures) console.error(failure);
console.log(
  `${failures.length === 0 ? 'all passed' : `${failures.length} failed`}, ${formatSecondsSince(started)}`,
);
process.exitCode = failures.length === 0 ? 0 : 1;

/** Runs a check and prints how it ended. */
async function runAndReport(name: string, check: Check): Promise<void> {
  const began = performance.now();
  const { code, output } = await run(check);
  console.log(`${code === 0 ? 'passed' : 'FAILED'}  ${name.padEnd(11)} ${formatSecondsSince(began)}`);
  if (code !== 0) failures.push(`\n── ${name}\n${output.trimEnd()}\n`);
}

function run({
  program,
  args,
  cache = [],
  node = [],
}: Check): Promise<{ code: number | null; output: string }> {
  const child = spawn(
    process.execPath,
    [...node, `node_modules/${program}`, ...args, ...(values['no-cache'] ? [] : cache)],
    { cwd: import.meta.dirname, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  const collect = (text: string) => (output += text);
  child.stdout.setEncoding('utf8').on('data', collect);
  child.stderr.setEncoding('utf8').on('data', collect);
  return new Promise((resolve, reject) => {
    child.once('error', reject).once('close', (code) => {
      resolve({ code, output });
    });
  });
}

function formatSecondsSince(moment: number): string {
  return `${((performance.now() - moment) / 1_000).toFixed(0)} s`;
}
