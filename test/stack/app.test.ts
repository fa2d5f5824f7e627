/** Tests that the CDK app ends on a bad configuration with clear messages and without a stack trace. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const APP = join(import.meta.dirname, '../../bin/app.ts');

function runApp(context: Record<string, unknown>) {
  const run = spawnSync(process.execPath, [APP], {
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '', CDK_CONTEXT_JSON: JSON.stringify(context) },
  });
  expect(run.stdout).toBe('');
  return { status: run.status, lines: run.stderr.trimEnd().split('\n') };
}

test('the app names every bad value in a line of its own, and fails', () => {
  expect(runApp({ chunkSize: 'abc', issuer: 'http://id.test/', 'chunk-size': '5' })).toEqual({
    status: 1,
    lines: [
      expect.stringMatching(/^context key issuer: found "http:\/\/id.test\/", expected an https:\/\/ URL/),
      expect.stringMatching(/^context key chunkSize: found "abc", expected a whole number from 1 to 1000$/),
      'context key chunk-size: not known, did you mean chunkSize?',
    ],
  });
});

test('the app reads the file of an environment in config/, and refuses its placeholders', () => {
  expect(runApp({ env: 'example', audience: 'buyers' })).toEqual({
    status: 1,
    lines: [
      expect.stringMatching(/^issuer: found the placeholder https:\/\/issuer\.example\.com\/, /),
      expect.stringMatching(/^Set issuer in config\/example\.json\. /),
    ],
  });
});
