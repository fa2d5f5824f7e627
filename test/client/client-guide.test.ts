/** Checks that docs/client.md lists the exit codes, output lines and options of the command. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { EXIT, EXIT_MEANINGS } from '../../client/cli/exit-codes.ts';
import { jsonLine } from '../../client/cli/json-line.ts';
import { parseCommandLine } from '../../client/cli/command-line.ts';

const text = readFileSync(join(import.meta.dirname, '../../docs/client.md'), 'utf8');

function readSection(name: string): string[][] {
  const content =
    new RegExp(`<!-- ${name}:start -->\\n+(.*?)\\n+<!-- ${name}:end -->`, 's').exec(text)?.[1] ?? '';
  const [, , ...rows] = content.split('\n').map((line) => line.split('|').slice(1, -1));
  return rows.map((cells) => cells.map((cell) => cell.trim()));
}

test('docs/client.md lists the exit codes of the command', () => {
  expect(readSection('exit-codes')).toEqual(
    Object.entries(EXIT).map(([name, code]) => [
      `\`${code}\``,
      EXIT_MEANINGS[name as keyof typeof EXIT].replaceAll(/--\w+|\bInternalError|\bFailed/g, '`$&`'),
    ]),
  );
});

test('docs/client.md lists every output line with all its fields', () => {
  expect(readSection('lines').map(([event, , fields]) => [event, fields])).toEqual(
    jsonLine.options.map(({ shape: { event, ...fields } }) => [
      `\`${event.value}\``,
      Object.keys(fields)
        .map((name) => `\`${name}\``)
        .join(', '),
    ]),
  );
});

test('every option and variable that docs/client.md names exists', () => {
  let help = '';
  for (const command of ['resume', 'status']) {
    parseCommandLine([command, '--help'], '0', (part) => (help += part));
  }
  const named = [...text.matchAll(/(?<=[`\s(])--[a-z][a-z-]+|FIELDING_JOBS_\w+/g)].map(([name]) => name);
  expect(named).toContain('--max-per-job');
  const missing = named.filter((name) => !help.includes(name) && name !== '--global');
  expect(missing).toEqual([]);
});
