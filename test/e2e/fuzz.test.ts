/**
 * Runs the fuzzer for a short time. A failure prints its seed and the request, which
 * `npm run fuzz -- --seed N --only I` repeats.
 */
import { expect, test } from '@jest/globals';
import { readE2eStack } from '../support/e2e.ts';
import { fuzz } from '../rigs/fuzz/fuzz-run.ts';

const REQUESTS = 300;

/** Long enough for a busy machine: a run that takes longer hangs. */
const LIMIT_MILLISECONDS = 400_000;

test(
  'hostile requests get answers of the contract, and their log lines contain no secrets',
  async () => {
    const seed = Number(process.env['FC_SEED'] ?? Date.now() % 1_000_000_000);
    const stack = readE2eStack();
    // Other suites write to the same log and cause errors on purpose, so `shared` leaves warnings and errors
    // unchecked.
    const report = await fuzz({ stack, logFile: stack.logFile, seed, requests: REQUESTS, shared: true });
    expect({ seed, violations: report.violations }).toEqual({ seed, violations: [] });
    expect(report.sent).toBe(REQUESTS);
    expect(report.jobs).toBeGreaterThan(5);
    expect(report.logLines).toBeGreaterThan(REQUESTS / 2);
    const routes = report.coverage.formatLines().join('\n');
    for (const seen of ['201:', '201 replayed:', '200:', '400:', '401:', '404:', 'gateway']) {
      expect(routes).toContain(seen);
    }
  },
  LIMIT_MILLISECONDS,
);
