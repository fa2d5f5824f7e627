/** Tests tokens of real issuers with the settings for each: every case of two lists by its name (ADR 9). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { judgeClaims } from '../support/judge-claims.ts';

const CASES = join(import.meta.dirname, '..', 'support', 'cases');

const cases = z.array(
  z.strictObject({
    name: z.string(),
    settings: z.record(z.string(), z.unknown()),
    token: z.record(z.string(), z.unknown()),
    want: z.strictObject({
      status: z.literal([201, 401, 403]),
      accounts: z.array(z.int()).default([]),
      note: z.string().optional(),
    }),
  }),
);

function readCases(file: string) {
  const list = cases.parse(JSON.parse(readFileSync(join(CASES, file), 'utf8')));
  return list.map((each) => [each.name, each] as const);
}

describe.each([['issuers.json'], ['issuers-more.json']])('%s', (file) => {
  test.each(readCases(file))('%s', async (_name, { settings, token, want }) => {
    expect(await judgeClaims(settings, token)).toMatchObject({
      status: want.status,
      accounts: want.accounts,
    });
  });
});
