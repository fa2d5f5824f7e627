/**
 * A Jest sequencer: begins with the suites that take longest, so that none of them is still running when all
 * others are done. Jest does so by itself once its cache knows how long each took; before that it goes by the
 * size of the files, and these are small.
 */
import * as jestSequencer from '@jest/test-sequencer';

// The package's types describe its CommonJS build, where the class is one level deeper than in the ES module.
const Sequencer = jestSequencer.default as unknown as typeof jestSequencer.default.default;
type Tests = Parameters<InstanceType<typeof Sequencer>['sort']>[0];

/** Suites of 15 to 40 seconds on two cores. */
const LONG = [
  'wiring/functions',
  'unit/simulation',
  'e2e/issuer-outage',
  'e2e/documented-commands',
  'e2e/alarms-on-a-running-stack',
  'e2e/import-command',
  'e2e/fuzz',
].map((name) => `/test/${name}.test.ts`);

export default class LongSuitesFirst extends Sequencer {
  override async sort(tests: Tests): Promise<Tests> {
    const isLong = ({ path }: Tests[number]) => LONG.some((end) => path.replaceAll('\\', '/').endsWith(end));
    // The parent's order is kept within both parts.
    const sorted = await super.sort(tests);
    return sorted.sort((a, b) => Number(isLong(b)) - Number(isLong(a)));
  }
}
