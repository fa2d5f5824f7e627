/** Tests what the import shows while it runs, on a terminal and elsewhere, and how it explains a refusal. */
import { describe, expect, test } from '@jest/globals';
import { explainFailure, readRegion } from '../../../tools/import/explain-failure.ts';
import { describeContents, ImportProgress } from '../../../tools/import/import-progress.ts';
import { UsageError } from '../../../tools/kit/tool-errors.ts';
import { formatTimeLeft } from '../../../tools/kit/bar.ts';

const CONTENTS = { projects: 0, targetGroups: 1_000_000, repeated: 0, ignoredColumns: [] };

function arrange(isTTY: boolean) {
  let now = 0;
  let text = '';
  const output = { isTTY, write: (part: string) => (text += part) };
  const progress = new ImportProgress('groups.csv', output, () => now);
  return {
    progress,
    pass: (milliseconds: number) => (now += milliseconds),
    takeText: () => {
      const taken = text;
      text = '';
      return taken;
    },
  };
}

test('a terminal has one bar with rate and time left, which the last line replaces', () => {
  const { progress, pass, takeText } = arrange(true);
  progress.checking(20_000);
  expect(takeText()).toBe('\r\u001b[Kgroups.csv: 20000 records checked');
  progress.start(CONTENTS, 200_000);
  expect(takeText()).toBe(
    '\r\u001b[Kgroups.csv: 0 projects and 1000000 target groups, all valid\ncontinuing after record 200000\n',
  );
  pass(100_000);
  progress.progress(500_000);
  expect(takeText()).toBe(
    '\r\u001b[K[###############---------------] 50 %  500000/1000000 records, 3000/s, 2 min 47 s left',
  );
  progress.print('done');
  expect(takeText()).toBe('\r\u001b[Kdone\n');
});

test('without a terminal there is a line every ten seconds', () => {
  const { progress, pass, takeText } = arrange(false);
  progress.start(CONTENTS, 0);
  takeText();
  for (let second = 1; second <= 25; second++) {
    pass(1_000);
    progress.progress(second * 4_000);
  }
  expect(takeText().split('\n')).toEqual([
    '[#-----------------------------] 4 %  40000/1000000 records, 4000/s, 4 min 0 s left',
    '[##----------------------------] 8 %  80000/1000000 records, 4000/s, 3 min 50 s left',
    '',
  ]);
});

test('what does not count is said', () => {
  const { progress, takeText } = arrange(false);
  progress.start({ ...CONTENTS, repeated: 3, ignoredColumns: ['colour', 'note'] }, 0);
  expect(takeText()).toContain(
    '3 of them repeat an earlier record with the same values; ignored columns: colour, note',
  );
});

test.each([
  [0, '0 s'],
  [59_001, '1 min 0 s'],
  [185_000, '3 min 5 s'],
  [7_800_000, '2 h 10 min'],
])('%d milliseconds are %s', (milliseconds, text) => {
  expect(formatTimeLeft(milliseconds)).toBe(text);
});

describe('a refusal of AWS names table and region:', () => {
  const target = { table: 'Groups', region: 'eu-wset-1', endpoint: undefined };
  const fail = (name: string, code?: string) => Object.assign(new Error('why'), { name, code });

  test.each([
    ['ResourceNotFoundException', /there is no such table; .*TargetGroupsTable.*--region/],
    ['ValidationException', /not a table of target groups \(why\)/],
    ['AccessDeniedException', /not allowed \(why\)/],
    ['UnrecognizedClientException', /credentials are refused or missing \(why\)/],
    ['CredentialsProviderError', /credentials are refused or missing \(why\)/],
  ])('%s', (name, message) => {
    const { message: shown } = explainFailure(fail(name), target) as Error;
    expect(shown).toMatch(/^--table Groups, region eu-wset-1: /);
    expect(shown).toMatch(message);
  });

  test('a region that has no host', () => {
    const error = explainFailure(fail('Error', 'ENOTFOUND'), target);
    expect(error).toBeInstanceOf(UsageError);
    expect((error as Error).message).toMatch(/^--table Groups, region eu-wset-1: there is no such region/);
  });

  test('no region at all', async () => {
    const client = { config: { region: () => Promise.reject(new Error('Region is missing')) } };
    await expect(readRegion(client)).rejects.toThrow(/^--region: Region is missing; name the region/);
  });
});

test('any other error is shown as it is', () => {
  const error = new Error('odd');
  expect(explainFailure(error, { table: 't', region: 'r', endpoint: undefined })).toBe(error);
});

test('names of ignored columns cannot control the terminal, and are short', () => {
  const contents = { projects: 0, targetGroups: 1, repeated: 0 };
  const text = describeContents({ ...contents, ignoredColumns: ['\u001b[2Jnote', 'z'.repeat(5_000)] });
  expect(text).toContain(`; ignored columns:  [2Jnote, ${'z'.repeat(60)}…`);
});
