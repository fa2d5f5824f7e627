/**
 * Tests tokens of real issuers with the settings for each (ADR 9): every case of two lists by its name, and
 * those that docs/issuers.md shows.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { readConfig } from '../../lib/config.ts';
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

const record = z.record(z.string(), z.unknown());
const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'issuers.md'), 'utf8');

/** Reads the sections of the page that show settings, and the tokens below them. */
function readSections() {
  return page.split(/^## /m).flatMap((text) => {
    const blocks = [...text.matchAll(/^([^\n]+)\n\n```json\n(.*?)\n```$/gms)];
    const [settings, ...tokens] = blocks.map(([, above = '', json = '']) => ({
      above,
      value: record.parse(JSON.parse(json)),
    }));
    if (settings === undefined) return [];
    const name = text.split('\n')[0] ?? '';
    return [{ name, settings: settings.value, tokens }];
  });
}

describe('docs/issuers.md', () => {
  const sections = readSections();

  test('has a row with what proves it for each issuer, and settings and a token of each', () => {
    const table = /<!-- issuers:start -->\n(.*)<!-- issuers:end -->/s.exec(page)?.[1] ?? '';
    const rows = table.split('\n').filter((line) => line.startsWith('| ['));
    const anchors = rows.map((row) => /\(#([a-z0-9-]+)\)/.exec(row)?.[1]);
    expect(anchors).toEqual(
      sections.map(({ name }) =>
        name
          .toLowerCase()
          .replaceAll(/[^a-z0-9 -]/g, '')
          .replaceAll(' ', '-'),
      ),
    );
    for (const row of rows) expect(row.split('|').at(-2)).toMatch(/\w/);
    for (const { tokens } of sections) expect(tokens.length).toBeGreaterThan(0);
  });

  test.each(sections.map((each) => [each.name, each] as const))(
    '%s: the settings are valid, and each token is answered as it says',
    async (_name, { settings, tokens }) => {
      expect(() => readConfig(settings)).not.toThrow();
      for (const { above, value } of tokens) {
        const [, status, accounts = ''] = /answered (\d+)(?: for accounts? ([\d, ]+))?:$/.exec(above) ?? [];
        const wanted = accounts === '' ? [] : accounts.split(', ').map(Number);
        const judged = await judgeClaims(settings, value);
        expect({ above, ...judged }).toMatchObject({ above, status: Number(status), accounts: wanted });
      }
    },
  );
});
