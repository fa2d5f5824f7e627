/** What each action makes of each fielding run, cell by cell as the contract says, and what a move changes. */
import { describe, expect, test } from '@jest/globals';
import { ACTION_NAMES, type Action } from '../../src/domain/actions.ts';
import { moved } from '../../src/domain/moved.ts';
import { decide } from '../../src/domain/outcome.ts';
import { FIELDING_RUN_STATUSES, type FieldingRunStatus } from '../../src/domain/target-group.ts';
import { AT, NOW, aTargetGroup } from '../support/builders.ts';

type Cell = 'move' | 'updated' | 'refused';

/** Written out by hand: the contract, not the table that the code follows. */
const CONTRACT: Record<Action, Record<FieldingRunStatus, Cell>> = {
  resume: {
    draft: 'refused',
    scheduled: 'refused',
    live: 'updated',
    paused: 'move',
    completed: 'refused',
    archived: 'refused',
  },
  pause: {
    draft: 'refused',
    scheduled: 'refused',
    live: 'move',
    paused: 'updated',
    completed: 'refused',
    archived: 'refused',
  },
  launch: {
    draft: 'refused',
    scheduled: 'move',
    live: 'updated',
    paused: 'refused',
    completed: 'refused',
    archived: 'refused',
  },
  complete: {
    draft: 'refused',
    scheduled: 'move',
    live: 'move',
    paused: 'refused',
    completed: 'updated',
    archived: 'refused',
  },
  relaunch: {
    draft: 'refused',
    scheduled: 'refused',
    live: 'updated',
    paused: 'refused',
    completed: 'move',
    archived: 'refused',
  },
};

/** What is barred by a reached goal and by a passed end date. */
const BARRED: Record<Action, boolean> = {
  resume: true,
  pause: false,
  launch: false,
  complete: false,
  relaunch: true,
};

const AFTER: Record<Action, FieldingRunStatus> = {
  resume: 'live',
  pause: 'paused',
  launch: 'live',
  complete: 'completed',
  relaunch: 'live',
};

/** Of a draft. */
const REFUSALS: Record<Action, string> = {
  resume: 'A fielding run in status draft cannot be resumed.',
  pause: 'A fielding run in status draft cannot be paused.',
  launch: 'A fielding run in status draft cannot be launched.',
  complete: 'A fielding run in status draft cannot be completed.',
  relaunch: 'A fielding run in status draft cannot be relaunched.',
};

const PAST = new Date(NOW - 1).toISOString();

describe.each(ACTION_NAMES)('%s', (action) => {
  const decided = (overrides: Parameters<typeof aTargetGroup>[0]) =>
    decide(action, aTargetGroup(overrides), 'mark', AT).kind;

  test.each(FIELDING_RUN_STATUSES)('of one that is %s', (status) => {
    const cell = CONTRACT[action][status];
    expect(decided({ status })).toBe(cell);
    const barred = cell === 'move' && BARRED[action] ? 'refused' : cell;
    expect(decided({ status, completesGoal: 5, currentCompletes: 5 })).toBe(barred);
    expect(decided({ status, endFieldingAt: AT })).toBe(barred);
    expect(decided({ status, endFieldingAt: PAST, completesGoal: 0, currentCompletes: 9 })).toBe(barred);
  });

  test('is done once by a job, whatever has become of the target group since', () => {
    for (const status of FIELDING_RUN_STATUSES) {
      expect(decided({ status, marks: ['other', 'mark'] })).toBe('updated');
    }
  });

  test('changes the status, the version, who, when and the marks; the period only where it starts now', () => {
    const group = aTargetGroup({ marks: ['older'], startFieldingAt: '2026-02-01T00:00:00.000Z' });
    const later = { ...group, endFieldingAt: '2026-02-08T06:00:00.007Z' };
    expect(moved(later, { action, mark: 'mark', now: AT, by: 'somebody' })).toEqual({
      ...later,
      status: AFTER[action],
      version: group.version + 1,
      lastChangedAt: AT,
      lastChangedBy: 'somebody',
      marks: ['mark', 'older'],
      // 2026-01-15T12:00 and 7 days, 6 hours, 7 ms.
      ...(action === 'launch' && { startFieldingAt: AT, endFieldingAt: '2026-01-22T18:00:00.007Z' }),
    });
  });
});

test('the contract has these actions, and no other', () => {
  expect([...ACTION_NAMES].sort()).toEqual(Object.keys(CONTRACT).sort());
});

test.each(ACTION_NAMES)('%s says in its own words why it cannot be done', (action) => {
  expect(decide(action, aTargetGroup({ status: 'draft' }), 'mark', AT)).toEqual({
    kind: 'refused',
    failure: { code: 'StatusTransitionNotAllowed', description: REFUSALS[action] },
  });
});
