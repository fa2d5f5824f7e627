/** A short run of the fuzzer. A failure prints its seed and the request; `npm run fuzz -- --seed N --only I` repeats it. */
import { expect, test } from '@jest/globals';
import { e2eStack } from '../support/e2e.ts';
import { fuzz } from '../rigs/fuzz/run.ts';

const REQUESTS = 300;

/** For a busy machine: what takes longer hangs. */
const LIMIT_MILLISECONDS = 400_000;

test(
  'hostile requests are answered as the contract says, and leave log lines that give nothing away',
  async () => {
    const seed = Number(process.env['FC_SEED'] ?? Date.now() % 1_000_000_000);
    const stack = e2eStack();
    // The other suites write to the same log, errors on purpose among it: only of this run's own lines is it
    // judged.
    const report = await fuzz({ stack, logFile: stack.logFile, seed, requests: REQUESTS, shared: true });
    expect({ seed, violations: report.violations }).toEqual({ seed, violations: [] });
    expect(report.sent).toBe(REQUESTS);
    expect(report.jobs).toBeGreaterThan(5);
    expect(report.logLines).toBeGreaterThan(REQUESTS / 2);
    const routes = report.coverage.lines().join('\n');
    for (const seen of ['201:', '201 replayed:', '200:', '400:', '401:', '404:', 'gateway']) {
      expect(routes).toContain(seen);
    }
  },
  LIMIT_MILLISECONDS,
);
