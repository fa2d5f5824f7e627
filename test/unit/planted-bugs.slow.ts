/** Tests that the auditor of the simulator finds every planted bug. */
import { describe, expect, test } from '@jest/globals';
import { huntBug } from '../rigs/simulation/hunt.ts';
import { PLANTED_BUGS } from '../rigs/simulation/planted-bugs.ts';

describe('the auditor finds', () => {
  test.each(PLANTED_BUGS.map((bug) => [bug.name, bug] as const))('%s', async (_name, bug) => {
    // A change of the code gives the same seeds other schedules, so the limit exceeds the usual number.
    const found = await huntBug(bug, 50 + 4 * bug.schedules);
    expect(found?.violation).toBeDefined();
  });
});
