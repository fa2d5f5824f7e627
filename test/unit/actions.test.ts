/** Tests the outcome of each action on each status of a fielding run, and the effects of a move. */
import { describe, expect, test } from '@jest/globals';
import { ACTION_NAMES, type Action } from '../../src/domain/actions.ts';
import { applyMove } from '../../src/domain/apply-move.ts';
import { decide } from '../../src/domain/outcome.ts';
import { FIELDING_RUN_STATUSES, type FieldingRunStatus } from '../../src/domain/target-group.ts';
import { AT, NOW, aTargetGroup } from '../support/builders.ts';

type Cell = 'move' | 'updated' | 'refused';

/** The contract, written by hand so that it does not repeat the table in the code. */
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

/** Whether a reached goal or a passed end date bars the action. */
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

/** The descriptions of the refusals for a draft. */
const REFUSALS: Record<Action, string> = {
  resume: 'A fielding run in status draft cannot be resumed.',
  pause: 'A fielding run in status draft cannot be paused.',
  launch: 'A fielding run in status draft cannot be launched.',
  complete: 'A fielding run in status draft cannot be completed.',
  relaunch: 'A fielding run in status draft cannot be relaunched.',
};

const PAST = new Date(NOW - 1).toISOString();

describe.each(ACTION_NAMES)('%s', (action) => {
  const decideKind = (overrides: Parameters<typeof aTargetGroup>[0]) =>
    decide(action, aTargetGroup(overrides), 'mark', AT).kind;

  test.each(FIELDING_RUN_STATUSES)(
    'has the outcome of the contract for a fielding run that is %s',
    (status) => {
      const cell = CONTRACT[action][status];
      expect(decideKind({ status })).toBe(cell);
      const barred = cell === 'move' && BARRED[action] ? 'refused' : cell;
      expect(decideKind({ status, completesGoal: 5, currentCompletes: 5 })).toBe(barred);
      expect(decideKind({ status, endFieldingAt: AT })).toBe(barred);
      expect(decideKind({ status, endFieldingAt: PAST, completesGoal: 0, currentCompletes: 9 })).toBe(barred);
    },
  );

  test('is done once by a job, whatever status the target group has since', () => {
    for (const status of FIELDING_RUN_STATUSES) {
      expect(decideKind({ status, marks: ['other', 'mark'] })).toBe('updated');
    }
  });

  test('changes status, version, author, time and marks, and the period only for launch', () => {
    const group = aTargetGroup({ marks: ['older'], startFieldingAt: '2026-02-01T00:00:00.000Z' });
    const later = { ...group, endFieldingAt: '2026-02-08T06:00:00.007Z' };
    expect(applyMove(later, { action, mark: 'mark', now: AT, by: 'somebody' })).toEqual({
      ...later,
      status: AFTER[action],
      version: group.version + 1,
      lastChangedAt: AT,
      lastChangedBy: 'somebody',
      marks: ['mark', 'older'],
      // The length of 7 days, 6 hours and 7 ms is kept, counted from AT.
      ...(action === 'launch' && { startFieldingAt: AT, endFieldingAt: '2026-01-22T18:00:00.007Z' }),
    });
  });
});

test('the contract has these actions, and no other', () => {
  expect([...ACTION_NAMES].sort()).toEqual(Object.keys(CONTRACT).sort());
});

test.each(ACTION_NAMES)('%s has its own description of a refusal', (action) => {
  expect(decide(action, aTargetGroup({ status: 'draft' }), 'mark', AT)).toEqual({
    kind: 'refused',
    failure: { code: 'StatusTransitionNotAllowed', description: REFUSALS[action] },
  });
});
